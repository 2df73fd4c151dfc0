// The top of a page.

/** Whose page it is. */
export function Masthead() {
  return (
    <header class="masthead">
      <Logo />
      <span>Starling</span>
    </header>
  );
}

function Logo() {
  return (
    <svg viewBox="0 0 32 32" width="32" height="32" aria-hidden="true">
      <rect width="32" height="32" rx="7" fill="#1d4f8f" />
      <path d="M5 19c6 1 8-1 11-5 2-3 5-5 9-4l2 1-3 1c0 6-4 11-11 11-3 0-6-1-8-4z" fill="#fff" />
      <circle cx="22.5" cy="12.5" r="1.2" fill="#1d4f8f" />
    </svg>
  );
}
