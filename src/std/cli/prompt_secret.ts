/** Asks for what must not be seen on the screen. */

/** How `promptSecret()` looks. */
export interface PromptSecretOptions {
  /** Stands for each character; `""` shows nothing. */
  readonly mask?: string;
  /** Removes the question when it is answered. */
  readonly clear?: boolean;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const erase = "\b \b";

/** Asks on the terminal; `null` if standard input is no terminal. */
export function promptSecret(
  message = "Secret",
  { mask = "*", clear = false }: PromptSecretOptions = {},
): string | null {
  if (!Deno.stdin.isTerminal()) return null;
  write(`${message} `);
  setEcho("off");
  try {
    return readLine(mask);
  } finally {
    setEcho("on");
    write(clear ? "\r\x1b[K" : "\n");
  }
}

function setEcho(state: "on" | "off"): void {
  Deno.stdin.setRaw(state === "off", { cbreak: state === "off" });
}

function readLine(mask: string): string {
  const bytes: number[] = [];
  const buffer = new Uint8Array(1);
  while (Deno.stdin.readSync(buffer) === 1) {
    const [byte = 0] = buffer;
    if (byte === 0x0a || byte === 0x0d || byte === 0x04) break;
    if (byte === 0x7f || byte === 0x08) {
      if (bytes.length > 0) write(erase.repeat(mask.length));
      while (isContinuation(bytes.pop())) { /* a character has 1 to 4 bytes */ }
      continue;
    }
    bytes.push(byte);
    if (!isContinuation(byte)) write(mask);
  }
  return decoder.decode(new Uint8Array(bytes));
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}

function write(text: string): void {
  Deno.stdout.writeSync(encoder.encode(text));
}
