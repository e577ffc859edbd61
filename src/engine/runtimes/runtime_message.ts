/** What OCI runtimes say when they fail. */

// logrus, which runc writes by: text is quoted as Go quotes it, a word is not.
const COMPLAINT = /\blevel=(?:error|fatal) msg=("(?:[^"\\]|\\.)*"|\S+)/;

/**
 * The words of a runtime's last complaint, without when and how badly.
 *
 * @param stderr All that it wrote; what came before the last line only warns.
 */
export function runtimeMessage(stderr: string): string {
  const line = stderr.trim().split("\n").at(-1) ?? "";
  const said = COMPLAINT.exec(line)?.[1] ?? line;
  if (!said.startsWith('"')) return said;
  try {
    return String(JSON.parse(said));
  } catch {
    return said.slice(1, -1); // Go has escapes that JSON has not
  }
}
