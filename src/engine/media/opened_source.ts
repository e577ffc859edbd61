/** What it is that is opened, whatever the transport. */

import type { ImageSource } from "../../formats/oci/blob_source.ts";
import type { ImageName } from "../../formats/oci/reference.ts";

/** A source that is open until it is disposed of. */
export interface OpenedSource extends AsyncDisposable {
  /** Where its image comes from. */
  readonly source: ImageSource;
  /** What its image is to be called in a store; undefined if nothing says. */
  readonly name: ImageName | undefined;
}
