import { assertEquals } from "@std/assert";
import { listMutations, mutate } from "../../scripts/lib/mutate/mutations.ts";

Deno.test("listMutations() breaks a source in all places that matter", async (t) => {
  const cases: [string, string, string[]][] = [
    ["comparisons", "a === b;", ["a !== b;"]],
    ["limits", "a < b;", ["a <= b;", "a >= b;"]],
    ["logic", "a && b;", ["a || b;"]],
    ["sums", "a + b;", ["a - b;"]],
    ["texts are joined", `a + "b";`, []],
    ["type arguments", "const a = new Map<string, B>();", []],
    ["arrows", "const a = () => b;", []],
    ["booleans", "const a = true;", ["const a = false;"]],
    ["numbers", "const a = 10;", ["const a = (10 + 1);"]],
    ["fractions", "const a = 1.5;", []],
    ["negations", "const a = !b;", ["const a = b;"]],
    ["conditions", "if (a(b)) c = d;", [
      "if (true) c = d;",
      "if (false) c = d;",
    ]],
    ["calls", "{ a(b); }", ["{ ; }"]],
    ["calls that are awaited", "{ await a.b(c); }", [
      "{ ; }",
      "{ a.b(c); }",
    ]],
    ["what is thrown", "{ throw new A(b); }", ["{ ; }"]],
    ["members of types", "interface A { b(c: D): E; }", []],
    ["assignments", "{ a = b(c); }", []],
    ["comments", "// a === b", []],
    ["conditions in texts", `a("b === c");`, []],
    ["constants", `const a = "b";`, [`const a = "changed";`]],
    ["conditions in patterns", "const a = /b && c/;", []],
    ["sums that are kept", "a += b;", ["a -= b;"]],
    ["calls that are waited for", "const a = await b;", ["const a = b;"]],
    ["not loops and resources", "for await (const a of b) ;", []],
    ["signals, the last", "a = b({ c, signal });", ["a = b({ c,  });"]],
    ["signals, the first", "a = b({ signal, c });", ["a = b({  c });"]],
    ["signals of their own name", "a = b({ signal: c });", []],
    ["orders", "a = b.toSorted((a, b) => c(a)).d();", ["a = b.d();"]],
    ["arguments", "a = f(b, c);", ["a = f(c, b);"]],
    ["not parameters", "function f(b, c) {}", []],
    ["classes of errors", "a = new StoreError(b);", ["a = new Error(b);"]],
    ["locks", `a = lock(b, "write");`, [`a = lock(b, "read");`]],
    ["defaults", `a = b ?? "c";`, [`a = b ?? "changed";`]],
    ["texts compared", `a = b === "c";`, [
      `a = b !== "c";`,
      `a = b === "changed";`,
    ]],
    ["patterns, loosened", "a = /^b$/u;", ["a = /b$/u;", "a = /^b/u;"]],
    ["not what takes all", "a = /b=(.*)$/s;", []],
    ["what takes all of a line", "a = /b=(.*)$/;", ["a = /b=(.*)/;"]],
    ["not the larger of two", "a = Math.max(b, c);", []],
    ["not the first of split()", `const [a = "", b] = c.d().split(":");`, []],
    ["the second of split()", `const [a, b = ""] = c.split(":");`, [
      `const [a, b = "changed"] = c.split(":");`,
    ]],
    ["the first of others", `const [a = ""] = c.split(":").slice(d);`, [
      `const [a = "changed"] = c.split(":").slice(d);`,
    ]],
    ["not an escaped end", String.raw`a = /b\$/;`, []],
    ["inserted values", "const a = `${b === c} && d`;", [
      "const a = `${b !== c} && d`;",
    ]],
  ];
  for (const [name, source, expected] of cases) {
    await t.step(name, () => {
      const found = listMutations(source).map((one) => mutate(source, one));
      assertEquals(found, expected);
    });
  }
});

Deno.test("listMutations() tells lines", () => {
  const [found] = listMutations("a;\n\nb === c;\n");
  assertEquals(found?.line, 3);
});
