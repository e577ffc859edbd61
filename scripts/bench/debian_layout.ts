/** The image that benchmarks pull and push. */

import { fromFileUrl } from "@std/path";

/** Makes it, unless it is there. */
export async function makeDebianLayout(
  layout: string,
  { small }: { readonly small: boolean },
): Promise<void> {
  const isMade = await Deno.stat(`${layout}/index.json`).then(
    () => true,
    () => false,
  );
  if (isMade) return;
  const script = fromFileUrl(new URL("make_debian_image", import.meta.url));
  const { success } = await new Deno.Command(script, {
    args: [layout, ...small ? ["--small"] : []],
  }).output();
  if (!success) throw new Error(`Cannot make image "${layout}"`);
}
