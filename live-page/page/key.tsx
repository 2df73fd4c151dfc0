// An entry of a legend.

/** A mark as it is drawn in the chart, and what it means. */
export function Key({ mark, words }: { readonly mark: string; readonly words: string }) {
  return (
    <li>
      <span class={`mark ${mark}`} aria-hidden="true" />
      <span>{words}</span>
    </li>
  );
}
