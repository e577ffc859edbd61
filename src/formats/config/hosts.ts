/** Tables of host names: hosts(5). */

/** A line of `/etc/hosts`. */
export interface HostsEntry {
  /** As it is written. */
  readonly address: string;
  /** One at least. */
  readonly names: readonly string[];
}

/** Parses `/etc/hosts`; comments and malformed lines do not count. */
export function parseHosts(text: string): readonly HostsEntry[] {
  return text.split("\n").flatMap((line) => {
    const [address = "", ...names] = line.replace(/#.*/, "").trim()
      .split(/\s+/);
    return names.length === 0 ? [] : [{ address, names }];
  });
}

/** The text of `/etc/hosts`. */
export function formatHosts(entries: readonly HostsEntry[]): string {
  return entries.map(({ address, names }) => `${address}\t${names.join(" ")}\n`)
    .join("");
}
