import { assertEquals } from "@std/assert";
import { parseArgs } from "@std/cli";

type Options = Parameters<typeof parseArgs>[1];

Deno.test("parseArgs() takes command lines apart", async (t) => {
  const cases: [string, string[], Options, Record<string, unknown>][] = [
    ["words", ["a", "b"], {}, { _: ["a", "b"] }],
    ["numbers", ["1", "--n", "2"], {}, { _: [1], n: 2 }],
    [
      "numbers as strings",
      ["1", "--n", "2"],
      { string: ["_", "n"] },
      { _: ["1"], n: "2" },
    ],
    ["--key=value", ["--a=b=c"], {}, { _: [], a: "b=c" }],
    ["--key value", ["--a", "b", "c"], {}, { _: ["c"], a: "b" }],
    ["a boolean takes no value", ["--a", "b"], { boolean: ["a"] }, {
      _: ["b"],
      a: true,
    }],
    ["a boolean takes false", ["--a=false", "--b", "false"], {
      boolean: ["a", "b"],
    }, { _: [], a: false, b: false }],
    ["a boolean is false unless given", [], { boolean: "a" }, {
      _: [],
      a: false,
    }],
    ["a string without its value", ["--a", "--b"], { string: "a" }, {
      _: [],
      a: "",
      b: true,
    }],
    ["the last of several values", ["--a=1", "--a=2"], { string: "a" }, {
      _: [],
      a: "2",
    }],
    ["all collected values", ["-a", "x", "--a=y"], {
      string: ["a", "b"],
      collect: ["a", "b"],
    }, { _: [], a: ["x", "y"], b: [] }],
    ["aliases", ["-q", "--fmt=x"], {
      boolean: ["quiet"],
      alias: { quiet: "q", format: ["f", "fmt"] },
    }, { _: [], quiet: true, q: true, format: "x", f: "x", fmt: "x" }],
    ["defaults", ["--a=1"], { default: { a: 5, b: 6 } }, {
      _: [],
      a: 1,
      b: 6,
    }],
    ["letters together", ["-abc", "d"], {}, {
      _: [],
      a: true,
      b: true,
      c: "d",
    }],
    ["letters of booleans", ["-it", "d"], { boolean: ["i", "t"] }, {
      _: ["d"],
      i: true,
      t: true,
    }],
    ["a letter and its number", ["-n5"], {}, { _: [], n: 5 }],
    ["a letter and its path", ["-v/a"], {}, { _: [], v: "/a" }],
    ["a letter with =", ["-a=b"], { string: "a" }, { _: [], a: "b" }],
    ["-- ends the flags", ["a", "--", "--b", "3"], {}, {
      _: ["a", "--b", "3"],
    }],
    ["-- keeps the rest apart", ["a", "--", "--b"], { "--": true }, {
      _: ["a"],
      "--": ["--b"],
    }],
    ["stopEarly", ["--a", "run", "--b", "1"], {
      boolean: "a",
      stopEarly: true,
    }, { _: ["run", "--b", "1"], a: true }],
    ["a dash is a word", ["-"], {}, { _: ["-"] }],
    ["--no- of a negatable flag", ["--no-a"], {
      boolean: "a",
      negatable: "a",
      default: { a: true },
    }, { _: [], a: false }],
    ["--no- of another flag", ["--no-a"], { boolean: "no-a" }, {
      _: [],
      "no-a": true,
    }],
  ];
  for (const [name, args, options, expected] of cases) {
    await t.step(name, () => {
      assertEquals<unknown>(parseArgs(args, options), expected);
    });
  }
});

Deno.test("parseArgs() drops what `unknown` refuses", () => {
  const seen: [string, string | undefined][] = [];
  const result = parseArgs(["--a", "--b=1", "-c", "word"], {
    boolean: ["a"],
    unknown: (arg, key) => {
      seen.push([arg, key]);
      return key === undefined;
    },
  });
  assertEquals<unknown>(result, { _: [], a: true });
  // `-c` takes the word for its value, and both are dropped together.
  assertEquals(seen, [["--b=1", "b"], ["-c", "c"]]);
});

Deno.test("parseArgs() knows the types of listed flags", () => {
  const args = parseArgs(["--name=x", "--force", "--env=a"], {
    boolean: ["force"],
    string: ["name", "env"],
    collect: ["env"],
  });
  const name: string | undefined = args.name;
  const force: boolean = args.force;
  const env: string[] = args.env;
  assertEquals([name, force, env], ["x", true, ["a"]]);
});
