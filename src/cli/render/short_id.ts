/** IDs as people see them. */

// podman's length: unique enough on one machine.
const LENGTH = 12;

/** The beginning of an ID; all of it if nothing may be cut. */
export function shortId(id: string, isWhole = false): string {
  return isWhole ? id : id.replace(/^sha256:/, "").slice(0, LENGTH);
}
