/** Describes directory trees in full, so that two can be compared as text. */

/** What of a tree is compared; all of it is the default. */
export interface DescribeTreeOptions {
  /** Seconds since 1970. Later times are no archive's, and shown as `now`. */
  readonly now?: number;
  /** Leaves out the digests of files. */
  readonly contents?: "digests" | "none";
}

const FIELDS = "%P\\t%y\\t%m\\t%U:%G\\t%s\\t%T@\\t%l\\t%n";

/**
 * Describes all below a directory: path, type, mode, owner, size, time to the
 * nanosecond (but of whiteouts), link target, link count, device number, extended attributes and
 * content. Directories' sizes and link counts depend on the file system: left out.
 */
export async function describeTree(
  directory: string,
  options: DescribeTreeOptions = {},
): Promise<string[]> {
  const { now = Infinity, contents = "digests" } = options;
  const [found, devices, xattrs, digests] = await Promise.all([
    run(["find", ".", "-mindepth", "1", "-printf", `${FIELDS}\\0`], directory),
    run(
      [
        "sh",
        "-c",
        "find . -type b -o -type c | xargs -r -d '\\n' stat -c '%n %t:%T' --",
      ],
      directory,
    ),
    run(
      ["sh", "-c", "getfattr -R -h -P -d -m - -e hex --absolute-names . || :"],
      directory,
    ),
    contents === "none" ? "" : run(
      ["sh", "-c", "find . -type f -print0 | xargs -r -0 sha256sum -z --"],
      directory,
    ),
  ]);
  const numberOf = new Map(
    devices.split("\n").filter(Boolean).map((line) => {
      const space = line.lastIndexOf(" ");
      return [line.slice(2, space), line.slice(space + 1)] as const;
    }),
  );
  const xattrsOf = parseXattrs(xattrs);
  const digestOf = new Map(
    digests.split("\0").filter(Boolean).map((line) =>
      [line.slice(68), line.slice(0, 64)] as const
    ),
  );
  return found.split("\0").filter(Boolean).map((line) => {
    const [path = "", type = "", mode, owner, size, time, link, links] = line
      .split("\t");
    const isDirectory = type === "d";
    const isDevice = type === "c" || type === "b";
    return [
      JSON.stringify(path),
      type,
      mode,
      owner,
      isDirectory ? "-" : size,
      isWhiteout(type, numberOf.get(path))
        ? "-"
        : Number(time) >= now
        ? "now"
        : time,
      link,
      isDirectory ? "-" : links,
      isDevice ? numberOf.get(path) : "-",
      xattrsOf.get(path) ?? "-",
      digestOf.get(path) ?? "-",
    ].join(" ");
  }).sort();
}

function isWhiteout(type: string, device: string | undefined): boolean {
  return type === "c" && device === "0:0";
}

function parseXattrs(text: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const block of text.split("\n\n").filter(Boolean)) {
    const [first = "", ...lines] = block.split("\n").filter(Boolean);
    const path = first.replace(/^# file: (?:\.\/)?/, "").replace(
      /\\(\d{3})/g,
      (_, octal: string) => String.fromCharCode(parseInt(octal, 8)),
    );
    found.set(path, lines.sort().join(","));
  }
  return found;
}

async function run(argv: readonly string[], cwd: string): Promise<string> {
  const [program = "", ...args] = argv;
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args,
    cwd,
    env: { "LC_ALL": "C" },
  }).output();
  const text = new TextDecoder("latin1");
  if (code === 0) return text.decode(stdout);
  throw new Error(`Cannot run ${program}: ${text.decode(stderr)}`);
}
