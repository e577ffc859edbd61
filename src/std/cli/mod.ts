/** The part of `@std/cli` that orlop uses. */

export { type Args, parseArgs, type ParseOptions } from "./parse_args.ts";
