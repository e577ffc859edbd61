/** What it is that is opened, whatever the transport. */

import type { ImageSource } from "../../formats/oci/blob_source.ts";
import type { ImageName } from "../../formats/oci/reference.ts";

/** A source that is open until it is disposed of. */
export interface OpenedSource extends AsyncDisposable {
  /** Where its image comes from. */
  readonly source: ImageSource;
  /** What its image is to be called in a store; undefined if nothing says. */
  readonly name: ImageName | undefined;
  /** What a person chose for a short name: to be recorded when the image is there. */
  readonly chosen?: ChosenName;
}

/** A short name, and what a person says that it stands for. */
export interface ChosenName {
  /** Without tag and digest, as is the name. */
  readonly short: string;
  /** In full. */
  readonly name: string;
}
