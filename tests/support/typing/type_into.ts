/** Runs programs on a terminal, which `script` gives them, and types into them. */

/** Waits for a text with a blank behind it, then types another. */
export type Step = readonly [waitFor: string, type: string];

/** What a shell's command shows on a terminal. */
export async function typeInto(
  command: string,
  steps: readonly Step[],
  { env = {} }: { readonly env?: Readonly<Record<string, string>> } = {},
): Promise<string> {
  const child = new Deno.Command("script", {
    args: ["-qec", command, "/dev/null"],
    clearEnv: true,
    env: { ...env, TERM: "xterm" },
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const writer = child.stdin.getWriter();
  const decoder = new TextDecoder();
  const left = [...steps];
  let shown = "";
  let seen = 0;
  for await (const chunk of child.stdout) {
    shown += decoder.decode(chunk, { stream: true });
    const [waitFor = "", typed = ""] = left[0] ?? [];
    const at = left.length > 0 ? shown.indexOf(`${waitFor} `, seen) : -1;
    if (at < 0) continue;
    seen = at + waitFor.length;
    left.shift();
    await writer.write(new TextEncoder().encode(typed));
  }
  await writer.close().catch(() => {}); // it has ended by itself
  await child.status;
  return shown;
}
