/** What templates are parsed to. */

/** A part of a template. */
export type Node =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "action"; readonly pipeline: Pipeline }
  | { readonly kind: "break" | "continue" }
  | {
    readonly kind: "if" | "with" | "range";
    readonly pipeline: Pipeline;
    readonly then: readonly Node[];
    readonly otherwise: readonly Node[];
    readonly at: number;
  };

/** `$a, $b := command | command`. */
export interface Pipeline {
  readonly variables: readonly string[];
  /** Whether the variables are new ones, as by `:=`. */
  readonly declares: boolean;
  readonly commands: readonly Command[];
}

/** A function and its arguments, or one operand that is a value. */
export interface Command {
  readonly operands: readonly [Operand, ...Operand[]];
  readonly at: number;
}

/** A value, or a function, and the fields that are wanted of it. */
export interface Operand {
  readonly what:
    | { readonly kind: "literal"; readonly value: string | number | boolean }
    | { readonly kind: "nil" }
    | { readonly kind: "dot" }
    | { readonly kind: "variable"; readonly name: string }
    | { readonly kind: "function"; readonly name: string }
    | { readonly kind: "pipeline"; readonly pipeline: Pipeline };
  readonly fields: readonly string[];
  readonly at: number;
}
