import { assertEquals } from "@std/assert";
import {
  isPlainName,
  readImageText,
  tryParse,
} from "../../../src/engine/images/image_text.ts";
import { nameOf } from "../../../src/formats/oci/reference.ts";

const ID = "0123456789abcdef".repeat(4);
const DIGEST = `sha256:${ID}`;

Deno.test("readImageText() reads names, IDs, and both", async (t) => {
  const elsewhere = (transport: string) =>
    `Cannot look up an image of transport "${transport}": it is not in the store`;
  // The text; the name, the ID, why it is neither; whether it is a plain name.
  const cases: readonly (readonly [
    string,
    string | undefined,
    string | undefined,
    string | undefined,
    boolean,
  ])[] = [
    ["busybox", "docker.io/library/busybox:latest", undefined, undefined, true],
    [
      ...["quay.io/a/b:1", "quay.io/a/b:1", undefined, undefined] as const,
      true,
    ],
    [
      ...[`a/b@${DIGEST}`, `docker.io/a/b@${DIGEST}`, undefined] as const,
      ...[undefined, true] as const,
    ],
    [ID, undefined, ID, undefined, false],
    [DIGEST, undefined, ID, undefined, false],
    [`${ID}0`, `docker.io/library/${ID}0:latest`, undefined, undefined, true],
    [
      ...["docker://quay.io/a:2", "quay.io/a:2", undefined, undefined] as const,
      false,
    ],
    [
      ...["containers-storage:quay.io/a:2", "quay.io/a:2"] as const,
      ...[undefined, undefined, false] as const,
    ],
    [
      ...[`containers-storage:quay.io/a:2@${ID}`, "quay.io/a:2"] as const,
      ...[ID, undefined, false] as const,
    ],
    [`@${ID}`, undefined, ID, undefined, false],
    [
      ...["[overlay@/srv/s+/run/s]quay.io/a:3", "quay.io/a:3"] as const,
      ...[undefined, undefined, false] as const,
    ],
    ...["oci:/a:b", "oci-archive:/a:b", "docker-archive:/a", "dir:/a"].map(
      (text) =>
        [
          ...[text, undefined, undefined] as const,
          ...[elsewhere(text.replace(/:.*/, "")), false] as const,
        ] as const,
    ),
    [
      ...["docker-daemon:a:b", undefined, undefined] as const,
      ...[elsewhere("docker-daemon"), false] as const,
    ],
  ];
  for (const [text, name, id, why, isPlain] of cases) {
    await t.step(text, () => {
      const { reference, imageId, problem, ...others } = readImageText(text);
      assertEquals(
        [reference && nameOf(reference), imageId, problem?.message, others],
        [name, id, why, {}],
      );
      assertEquals(isPlainName(text), isPlain);
      assertEquals(tryParse(text), reference);
    });
  }
  for (const text of ["", "A", "a b", "@", "[a", "@xyz", "docker://A"]) {
    await t.step(`not ${text}`, () => {
      const { problem, ...others } = readImageText(text);
      assertEquals([problem?.name, others], ["SyntaxError", {}]);
      assertEquals(isPlainName(text), /^[Aa]/.test(text));
    });
  }
});
