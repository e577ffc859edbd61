/** Runs tests of a copy of the program, and tells how they ended. */

/** How tests ended. */
export interface TestRun {
  readonly end: "passed" | "failed" | "hung";
}

// A change may make a test wait for ever, which a person would notice.
const LIMIT_S = 40;
const TEST_ARGS = [
  ...["test", "--no-check", "--allow-all", "--quiet", "--fail-fast"],
  ...["--sanitize-ops", "--sanitize-resources"],
];
// What a broken program leaves mounted or running goes with its namespaces; and it
// replaces no device, as one did with /dev/null.
const KEEP_DEVICES = "mount --rbind /dev /dev && " +
  'mount -o remount,bind,ro /dev && exec "$@"';
const APART = [
  ...["unshare", "--mount", "--pid", "--fork", "--kill-child"],
  ...["--mount-proc", "sh", "-c", KEEP_DEVICES, "sh"],
];

/**
 * Runs tests until one fails.
 *
 * @param root The copy of the checkout: its program runs.
 * @param tests Files, or folders.
 */
export async function runTests(
  root: string,
  tests: readonly string[],
): Promise<TestRun> {
  const limit = ["timeout", "--kill-after=5", `${LIMIT_S}`];
  const apart = Deno.uid() === 0 ? APART : [];
  const [program = "", ...args] = [
    ...[...limit, ...apart, Deno.execPath()],
    ...[...TEST_ARGS, ...tests],
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
