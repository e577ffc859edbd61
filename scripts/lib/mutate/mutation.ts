/** What is changed in a program to find out whether a test notices. */

/** A change of one place of a source. */
export interface Mutation {
  /** What is replaced, in UTF-16 code units. */
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
  /** Counted from 1. */
  readonly line: number;
}
