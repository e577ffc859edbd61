/** The result of a check. */

/** A finding. */
export interface Finding {
  /** What it is about, such as `overlay`. */
  readonly check: string;
  /**
   * `"warn"`: it works, but not as it should; `"fail"`: something will not work.
   */
  readonly state: "ok" | "warn" | "fail";
  /** What was found; a sentence. */
  readonly found: string;
  /** What to do; omitted if nothing. */
  readonly advice?: string;
}

/** A check; an exception becomes a finding, too. */
export interface Check {
  readonly name: string;
  look(): Promise<readonly Finding[]> | readonly Finding[];
}

/** Makes findings of one check. */
export function about(check: string): {
  ok(found: string): Finding;
  warn(found: string, advice: string): Finding;
  fail(found: string, advice: string): Finding;
} {
  return {
    ok: (found) => ({ check, state: "ok", found }),
    warn: (found, advice) => ({ check, state: "warn", found, advice }),
    fail: (found, advice) => ({ check, state: "fail", found, advice }),
  };
}
