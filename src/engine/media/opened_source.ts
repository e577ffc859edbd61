/** The result of opening a source of any transport. */

import type { ImageSource } from "../../formats/oci/blob_source.ts";
import type { ImageName, Reference } from "../../formats/oci/reference.ts";

/** A source that is open until it is disposed of. */
export interface OpenedSource extends AsyncDisposable {
  /** Where its image comes from. */
  readonly source: ImageSource;
  /** The name for its image in a store; undefined if there is none. */
  readonly name: ImageName | undefined;
  /** The same, parsed, if it is in a registry. */
  readonly reference?: Reference;
  /** The user's choice for a short name: to be recorded after the pull. */
  readonly chosen?: ChosenName;
}

/** A short name, and the name that the user chose for it. */
export interface ChosenName {
  /** Without tag and digest, as is the name. */
  readonly short: string;
  /** In full. */
  readonly name: string;
}
