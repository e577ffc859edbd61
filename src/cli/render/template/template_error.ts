/** Why a template cannot be used. */

/** A mistake in a template, or one that showed when it was filled in. */
export class TemplateError extends Error {
  /** Where, in characters from 0 on. */
  readonly at: number;

  static {
    this.prototype.name = "TemplateError";
  }

  constructor(why: string, at: number) {
    super(why);
    this.at = at;
  }
}
