/** What every assertion throws. */

/** A value was not as a test says it should be. */
export class AssertionError extends Error {
  static {
    this.prototype.name = "AssertionError";
  }
}
