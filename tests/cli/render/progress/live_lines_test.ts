import { assertEquals } from "@std/assert";
import { LiveLines } from "../../../../src/cli/render/progress/live_lines.ts";

function screen(columns = 80) {
  const written: string[] = [];
  return { written, columns, write: (text: string) => void written.push(text) };
}

Deno.test("LiveLines draws lines over those before", () => {
  const on = screen();
  const live = new LiveLines(on);
  live.draw(["a", "b"]);
  live.draw(["c"]);
  assertEquals(on.written, [
    "\x1b[?7la\x1b[K\nb\x1b[K\n\x1b[?7h\x1b[J",
    "\r\x1b[2A\x1b[?7lc\x1b[K\n\x1b[?7h\x1b[J",
  ]);
});

Deno.test("LiveLines keeps what is said above the lines", () => {
  const on = screen();
  const live = new LiveLines(on);
  live.writeAbove("before\n");
  live.draw(["a"]);
  live.writeAbove("said\n");
  live.release();
  live.writeAbove("after\n");
  assertEquals(on.written, [
    "before\n",
    "\x1b[?7la\x1b[K\n\x1b[?7h\x1b[J",
    "\r\x1b[1A\x1b[Jsaid\n\x1b[?7la\x1b[K\n\x1b[?7h",
    "after\n",
  ]);
});

Deno.test("LiveLines knows that a narrower terminal breaks lines", () => {
  const on = { ...screen(), columns: 80 };
  const live = new LiveLines(on);
  live.draw(["a".repeat(79), "b", ""]);
  on.columns = 40;
  live.draw([]);
  assertEquals(on.written.at(-1), "\r\x1b[4A\x1b[J");
});
