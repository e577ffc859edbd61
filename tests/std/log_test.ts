import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import {
  BaseHandler,
  ConsoleHandler,
  FileHandler,
  getLogger,
  jsonFormatter,
  Logger,
  LogLevels,
  LogRecord,
  setup,
} from "@std/log";
import { tempDir } from "../support/temp_dir.ts";

class ListHandler extends BaseHandler {
  readonly lines: string[] = [];

  override log(msg: string): void {
    this.lines.push(msg);
  }
}

Deno.test("Logger hands on messages of its level and above", () => {
  const handler = new ListHandler("DEBUG");
  const logger = new Logger("a", "WARN", { handlers: [handler] });
  logger.debug("debug");
  logger.info("info");
  logger.warn("warn");
  logger.error("error");
  logger.critical("critical");
  assertEquals(handler.lines, [
    "WARN warn",
    "ERROR error",
    "CRITICAL critical",
  ]);
  logger.levelName = "DEBUG";
  logger.debug("debug");
  assertEquals(handler.lines.at(-1), "DEBUG debug");
});

Deno.test("BaseHandler leaves out messages below its level", () => {
  const handler = new ListHandler("ERROR");
  const logger = new Logger("a", "DEBUG", { handlers: [handler] });
  logger.warn("warn");
  logger.error("error");
  assertEquals(handler.lines, ["ERROR error"]);
});

Deno.test("Logger makes a message only when it is seen", () => {
  const handler = new ListHandler("DEBUG");
  const logger = new Logger("a", "INFO", { handlers: [handler] });
  let calls = 0;
  const make = () => `call ${++calls}`;
  assertEquals(logger.debug(make), undefined);
  assertEquals(logger.info(make), "call 1");
  assertEquals(logger.info({ a: 1, b: "c" }), { a: 1, b: "c" });
  assertEquals(handler.lines, ["INFO call 1", `INFO {"a":1,"b":"c"}`]);
});

Deno.test("jsonFormatter() keeps level, time, message and arguments", () => {
  const record = new LogRecord({
    msg: "pulled",
    args: [{ layers: 3 }],
    level: LogLevels.INFO,
    loggerName: "a",
  });
  assertEquals(JSON.parse(jsonFormatter(record)), {
    level: "INFO",
    datetime: record.datetime.getTime(),
    message: "pulled",
    args: { layers: 3 },
  });
});

Deno.test("setup() names loggers and handlers", () => {
  const handler = new ListHandler("DEBUG", {
    formatter: ({ loggerName, msg }) => `${loggerName}: ${msg}`,
  });
  setup({
    handlers: { list: handler },
    loggers: { store: { level: "DEBUG", handlers: ["list"] } },
  });
  getLogger("store").debug("opened");
  getLogger("other").error("unseen");
  assertEquals(handler.lines, ["store: opened"]);
  assertEquals(getLogger().loggerName, "default");
  setup({});
});

Deno.test("FileHandler writes when it must", async () => {
  using dir = tempDir();
  const filename = dir.join("log");
  await Deno.writeTextFile(filename, "old\n");
  const handler = new FileHandler("INFO", { filename, bufferSize: 64 });
  handler.setup();
  const logger = new Logger("a", "INFO", { handlers: [handler] });
  logger.info("waits");
  assertEquals(await Deno.readTextFile(filename), "old\n");
  logger.critical("writes");
  const text = "old\nINFO waits\nCRITICAL writes\n";
  assertEquals(await Deno.readTextFile(filename), text);
  logger.info("x".repeat(100));
  assertMatch(await Deno.readTextFile(filename), /INFO x{100}\n$/);
  logger.info("last");
  handler.destroy();
  assertMatch(await Deno.readTextFile(filename), /INFO last\n$/);
});

Deno.test("FileHandler of mode x refuses a file that is there", async () => {
  using dir = tempDir();
  const filename = dir.join("log");
  await Deno.writeTextFile(filename, "");
  const handler = new FileHandler("INFO", { filename, mode: "x" });
  assertThrows(() => handler.setup(), Deno.errors.AlreadyExists);
});

Deno.test("ConsoleHandler shows plain text without colours", () => {
  const handler = new ConsoleHandler("INFO", { useColors: false });
  const record = new LogRecord({
    msg: "text",
    args: [],
    level: LogLevels.ERROR,
    loggerName: "a",
  });
  assertEquals(handler.format(record), "ERROR text");
});
