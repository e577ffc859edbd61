/** `orlop completion`: scripts that make a shell ask orlop at each Tab. */

import type { Call } from "../command.ts";
import type { COMPLETION } from "../table/other_commands.ts";
import { UsageError } from "../usage_error.ts";

const BASH = `# bash completion for orlop
_orlop() {
  local cur=\${COMP_WORDS[COMP_CWORD]} line words=() reply=()
  # bash splits words at "=" and ":"; orlop wants them whole.
  if declare -F _get_comp_words_by_ref >/dev/null; then
    local cword
    _get_comp_words_by_ref -n =: cur words cword
  else
    words=("\${COMP_WORDS[@]}")
    local cword=$COMP_CWORD
  fi
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == ":file" ]]; then
      compopt -o default
      return
    fi
    COMPREPLY+=("\${line%%$'\\t'*}")
  done < <("\${words[0]}" __complete -- "\${words[@]:1:cword}" 2>/dev/null)
  if declare -F __ltrim_colon_completions >/dev/null; then
    __ltrim_colon_completions "$cur"
  fi
}
complete -F _orlop orlop`;

const ZSH = `#compdef orlop
_orlop() {
  local line tab=$'\\t'
  local -a described
  for line in "\${(@f)$("\${words[1]}" __complete -- \\
    "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    if [[ $line == ":file" ]]; then
      _files
      return
    fi
    [[ -n $line ]] || continue
    line=\${line//:/\\\\:}
    described+=("\${line/$tab/:}")
  done
  _describe -V orlop described
}
if [[ $funcstack[1] == _orlop ]]; then
  _orlop "$@"
else
  compdef _orlop orlop
fi`;

const FISH = `# fish completion for orlop
function __orlop_complete
  set -l words (commandline -opc) (commandline -ct)
  for line in ($words[1] __complete -- $words[2..-1] 2>/dev/null)
    if test "$line" = ":file"
      __fish_complete_path (commandline -ct)
      return
    end
    echo $line
  end
end
complete -c orlop -f -a '(__orlop_complete)'`;

const SCRIPTS: Readonly<Record<string, string>> = {
  bash: BASH,
  zsh: ZSH,
  fish: FISH,
};

/** Prints the script for a shell. */
export function run(call: Call<typeof COMPLETION>): void {
  const [shell] = call.arguments;
  const script = Object.hasOwn(SCRIPTS, shell) ? SCRIPTS[shell] : undefined;
  if (script === undefined) {
    const known = Object.keys(SCRIPTS).join(", ");
    throw new UsageError(
      `Cannot complete for "${shell}": orlop knows ${known}`,
    );
  }
  call.terminal.print(script);
}
