/** Runs tests of a copy of the program, and reports how they ended. */

/** How tests ended. */
export interface TestRun {
  readonly end: "passed" | "failed" | "hung";
}

const TEST_ARGS = [
  ...["test", "--no-check", "--allow-all", "--quiet", "--fail-fast"],
  ...["--sanitize-ops", "--sanitize-resources"],
];
// What a broken program leaves mounted or running goes with its namespaces; and it
// replaces no device, as one did with /dev/null.
const KEEP_DEVICES = "mount --rbind /dev /dev && " +
  'mount -o remount,bind,ro /dev && exec "$@"';
const APART = [
  ...["unshare", "--mount", "--uts", "--pid", "--fork", "--kill-child"],
  ...["--mount-proc", "sh", "-c", KEEP_DEVICES, "sh"],
];

/**
 * Runs tests until one fails.
 *
 * @param root The copy of the checkout: its program runs.
 * @param test A file, or a folder.
 * @param limitS After so many seconds it has hung: a change may make a test wait
 *   for ever, which a person would notice.
 */
export async function runTests(
  root: string,
  test: string,
  { limitS }: { readonly limitS: number },
): Promise<TestRun> {
  const limit = ["timeout", "--kill-after=5", `${limitS}`];
  const apart = Deno.uid() === 0 ? APART : [];
  const [program = "", ...args] = [
    ...[...limit, ...apart, Deno.execPath()],
    ...[...TEST_ARGS, test],
  ];
  const child = new Deno.Command(program, {
    args,
    cwd: root,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  });
  const { success, code } = await child.output();
  return { end: success ? "passed" : code >= 124 ? "hung" : "failed" };
}
