"""What a shell reads to complete `kubectl-vireo`: it asks the program itself, each time, and does what the number in the last line says
(completion.py)."""

from typing import Final

BASH: Final = r"""# bash completion for kubectl-vireo: source <(kubectl-vireo completion bash)
_kubectl_vireo() {
    local line directive=0
    COMPREPLY=()
    while IFS= read -r line; do
        case $line in
            :*) directive=${line#:} ;;
            *) COMPREPLY+=("${line%%$'\t'*}") ;;
        esac
    done < <(kubectl-vireo __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
    if ((directive & 2)); then compopt -o nospace; fi
    if ((directive == 0)); then compopt -o default; fi
}
complete -F _kubectl_vireo kubectl-vireo
"""

ZSH: Final = r"""#compdef kubectl-vireo
# zsh completion for kubectl-vireo: source <(kubectl-vireo completion zsh), after compinit
_kubectl_vireo() {
    local line directive=0
    local -a found space
    while IFS= read -r line; do
        case $line in
            :*) directive=${line#:} ;;
            *$'\t'*) found+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}") ;;
            *) found+=("${line//:/\\:}") ;;
        esac
    done < <(kubectl-vireo __complete "${(@)words[2,CURRENT]}" 2>/dev/null)
    if ((directive == 0)); then
        _files
        return
    fi
    if ((directive & 2)); then space=(-S ''); fi
    _describe 'kubectl vireo' found "${space[@]}"
}
compdef _kubectl_vireo kubectl-vireo
"""

FISH: Final = r"""# fish completion for kubectl-vireo: kubectl-vireo completion fish | source
function __kubectl_vireo
    set -l words (commandline -opc) (commandline -ct)
    set -l found (kubectl-vireo __complete $words[2..-1] 2>/dev/null)
    if test "$found[-1]" = ":0"
        __fish_complete_path (commandline -ct)
        return
    end
    string match -v -r '^:[0-9]+$' -- $found
end
complete -c kubectl-vireo -f -a '(__kubectl_vireo)'
"""

SCRIPTS: Final = {"bash": BASH, "zsh": ZSH, "fish": FISH}
