// The standard library of ECMAScript has a clock and a dice. Folders that must not touch the platform compile with this file: it
// adds overloads that the compiler prefers, whose result nothing can be done with. (Lint rejects the names as well.)

/** What the clock gives where time has to come in as an argument. */
interface TimeComesInAsAnArgument {
  readonly timeComesInAsAnArgument: unique symbol;
}

/** What chance gives where random numbers have to come from the run's seed. */
interface ChanceComesFromTheSeed {
  readonly chanceComesFromTheSeed: unique symbol;
}

interface DateConstructor {
  now(): TimeComesInAsAnArgument;
  new (): TimeComesInAsAnArgument;
  (): TimeComesInAsAnArgument;
}

interface Math {
  random(): ChanceComesFromTheSeed;
}
