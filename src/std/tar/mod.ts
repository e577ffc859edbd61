/** The part of `@std/tar` that orlop uses. */

export {
  assertValidTarStreamOptions,
  TarStream,
  type TarStreamDir,
  type TarStreamFile,
  type TarStreamInput,
  type TarStreamOptions,
} from "./tar_stream.ts";
export { type TarStreamEntry, UntarStream } from "./untar_stream.ts";
