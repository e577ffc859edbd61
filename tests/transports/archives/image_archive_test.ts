import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { NotFoundError } from "../../../src/errors/not_found_errors.ts";
import {
  type ArchivedImage,
  chooseImage,
} from "../../../src/transports/archives/image_archive.ts";

function image(...names: readonly string[]): ArchivedImage {
  const open = () => Promise.reject(new Error("nobody opens it"));
  return { names, fullNames: names, isNamedInFull: false, open };
}

const archive = "a.tar";
const ALL = [image("a:1", "b:1"), image(), image("b:1")];
const isNamed = (wanted: string) => (name: string) => name === wanted;

Deno.test("chooseImage() takes the one that is meant", () => {
  const [first, second] = ALL;
  assertEquals(chooseImage([image("a:1")], { archive }).names, ["a:1"]);
  assertEquals(chooseImage(ALL, { archive, isNamed: isNamed("a:1") }), first);
  // Of two with one name the first, as other tools do.
  assertEquals(chooseImage(ALL, { archive, isNamed: isNamed("b:1") }), first);
  assertEquals(chooseImage(ALL, { archive, index: 0 }), first);
  assertEquals(chooseImage(ALL, { archive, index: 1 }), second);
});

Deno.test("chooseImage() reports what there is to choose from", async (t) => {
  const many = Array.from({ length: 21 }, (_, index) => image(`n${index}`));
  const table = [
    [ALL.slice(0, 2), {}, "name one of its images: a:1, b:1, @1"],
    [ALL, { index: 3 }, "it has no such image; it has a:1, b:1, @1, b:1"],
    [ALL, { isNamed: isNamed("c") }, "it has no such image; it has a:1"],
    [[], {}, "it has no such image; it has none"],
    [many, {}, "n18, n19, …"],
    [many.slice(1), {}, "n19, n20"],
  ] as const;
  for (const [images, options, why] of table) {
    await t.step(why, () => {
      const { message } = assertThrows(
        () => chooseImage(images, { archive, ...options }),
        NotFoundError,
        'Cannot open archive "a.tar": ',
      );
      assertStringIncludes(message, why);
      assertEquals(message.endsWith("…"), images.length > 20);
    });
  }
});
