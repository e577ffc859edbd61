/** Error messages of OCI runtimes. */

// logrus, which runc writes by: text is quoted as Go quotes it, a word is not.
const COMPLAINT = /\blevel=(?:error|fatal) msg=("(?:[^"\\]|\\.)*"|\S+)/;

/**
 * The text of a runtime's last error, without time and level.
 *
 * @param stderr Its whole output; lines before the last are only warnings.
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
