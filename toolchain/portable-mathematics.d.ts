// Engines differ in the last bits of these functions, so no number that matters may come from them: use the portable functions
// of tensor/ instead. The overloads below are preferred by the compiler and give a result that is no number.

/** What a function gives whose bits depend on the engine. */
interface BitsDependOnTheEngine {
  readonly bitsDependOnTheEngine: unique symbol;
}

interface Math {
  acos(x: number): BitsDependOnTheEngine;
  acosh(x: number): BitsDependOnTheEngine;
  asin(x: number): BitsDependOnTheEngine;
  asinh(x: number): BitsDependOnTheEngine;
  atan(x: number): BitsDependOnTheEngine;
  atan2(y: number, x: number): BitsDependOnTheEngine;
  atanh(x: number): BitsDependOnTheEngine;
  cbrt(x: number): BitsDependOnTheEngine;
  cos(x: number): BitsDependOnTheEngine;
  cosh(x: number): BitsDependOnTheEngine;
  exp(x: number): BitsDependOnTheEngine;
  expm1(x: number): BitsDependOnTheEngine;
  hypot(...values: number[]): BitsDependOnTheEngine;
  log(x: number): BitsDependOnTheEngine;
  log10(x: number): BitsDependOnTheEngine;
  log1p(x: number): BitsDependOnTheEngine;
  log2(x: number): BitsDependOnTheEngine;
  pow(x: number, y: number): BitsDependOnTheEngine;
  sin(x: number): BitsDependOnTheEngine;
  sinh(x: number): BitsDependOnTheEngine;
  tan(x: number): BitsDependOnTheEngine;
  tanh(x: number): BitsDependOnTheEngine;
}
