import { assertEquals, assertThrows } from "@std/assert";
import { parseTemplate } from "../../../../src/cli/render/template/parse_template.ts";
import { TemplateError } from "../../../../src/cli/render/template/template_error.ts";

/** Templates, and what they want of the value that they are filled in with. */
const FIELDS: readonly (readonly [string, readonly string[]])[] = [
  ["a", []],
  ["{{.A}}{{.B.C}}", ["A", "B"]],
  ["{{if .A}}{{.B}}{{else}}{{.C}}{{end}}{{.D}}", ["A", "B", "C", "D"]],
  ["{{range .A}}{{.X}}{{end}}{{.B}}", ["A", "B"]],
  ["{{range .A}}{{$.B}}{{end}}", ["A", "B"]],
  ["{{range .A}}{{.X}}{{else}}{{.B}}{{end}}", ["A", "B"]],
  ["{{with .A}}{{.X}}{{end}}{{.B}}", ["A", "B"]],
  ["{{with .A}}{{.X}}{{else with .B}}{{.Y}}{{else}}{{.C}}{{end}}", [
    ...["A", "B", "C"],
  ]],
  ["{{range .A}}{{with .X}}{{.Y}}{{end}}{{.Z}}{{end}}{{.B}}", ["A", "B"]],
  ["{{range .A}}{{if .X}}{{.Y}}{{$.B}}{{end}}{{end}}{{.C}}", ["A", "B", "C"]],
  ["{{with .A}}{{range .X}}{{.Y}}{{end}}{{end}}{{.B}}", ["A", "B"]],
];

Deno.test("parseTemplate() knows which fields are the root's", async (t) => {
  for (const [source, names] of FIELDS) {
    await t.step(source, () => {
      const { rootFields } = parseTemplate(source);
      assertEquals(rootFields.map(({ name }) => name), names);
    });
  }
});

/** Templates, and whether something stands in them that only a range may have. */
const LOOPS: readonly (readonly [string, boolean])[] = [
  ["{{range .A}}{{break}}{{end}}", true],
  ["{{range .A}}{{if .X}}{{continue}}{{end}}{{end}}", true],
  ["{{range .A}}{{with .X}}{{break}}{{end}}{{end}}", true],
  ["{{range .A}}{{range .X}}{{end}}{{break}}{{end}}", true],
  ["{{range .A}}{{end}}{{break}}", false],
  ["{{range .A}}{{else}}{{break}}{{end}}", false],
  ["{{if .A}}{{break}}{{end}}", false],
  ["{{with .A}}{{continue}}{{end}}", false],
  ["{{range .A}}{{break 1}}{{end}}", false],
];

Deno.test("parseTemplate() takes breaks in ranges only", async (t) => {
  for (const [source, isRight] of LOOPS) {
    await t.step(source, () => {
      if (isRight) return void parseTemplate(source);
      assertThrows(
        () => parseTemplate(source),
        TemplateError,
        "must stand alone in a {{range}}",
      );
    });
  }
});

Deno.test("parseTemplate() takes 500 controls, and forgets variables with them", async (t) => {
  const controls = (count: number) => "{{if .A}}{{end}}".repeat(count);
  await t.step("500", () => void parseTemplate(controls(500)));
  await t.step("501", () => {
    assertThrows(
      () => parseTemplate(controls(501)),
      TemplateError,
      "there are more than 500",
    );
  });
  await t.step("a variable", () => {
    parseTemplate("{{with $x := .A}}{{$x}}{{end}}");
    assertThrows(
      () => parseTemplate("{{with $x := .A}}{{end}}{{$x}}"),
      TemplateError,
    );
  });
});
