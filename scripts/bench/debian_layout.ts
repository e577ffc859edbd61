/** The image that benchmarks pull and push. */

import { fromFileUrl } from "@std/path";

/** Makes it, unless it is there. @returns Where it is. */
export async function makeDebianLayout(
  { small, layout = `/var/tmp/orlop-bench/bookworm${small ? "-small" : ""}` }: {
    readonly small: boolean;
    readonly layout?: string | undefined;
  },
): Promise<string> {
  const isMade = await Deno.stat(`${layout}/index.json`).then(
    () => true,
    () => false,
  );
  if (isMade) return layout;
  const script = fromFileUrl(new URL("make_debian_image", import.meta.url));
  const { success } = await new Deno.Command(script, {
    args: [layout, ...small ? ["--small"] : []],
  }).output();
  if (success) return layout;
  throw new Error(`Cannot make image "${layout}"`);
}
