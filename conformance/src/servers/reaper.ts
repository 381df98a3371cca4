import { type ChildProcess, spawn } from 'node:child_process';

/** Reads `+ pid 123`, `- pid 123`, `+ folder /tmp/x` and the like; at the end of its input it kills, then removes, what is left. */
const script = `
trap '' INT TERM HUP
left=''
while read -r sign thing; do
  case $sign in
    +) left="$left$thing
" ;;
    -) left=$(printf '%s' "$left" | grep -vxF "$thing")
       [ -z "$left" ] || left="$left
" ;;
  esac
done
printf '%s' "$left" | while read -r kind name; do [ "$kind" != pid ] || kill -9 "$name"; done
printf '%s' "$left" | while read -r kind name; do [ "$kind" != folder ] || rm -rf "$name"; done
`;

let reaper: ChildProcess | undefined;

/**
 * Ends the servers of this process when it is gone, however it went: by itself, by an error, by Ctrl-C or by SIGKILL. A small shell
 * waits for the end of the pipe that this process holds, so there is no handler that a crash could leave out.
 */
export const serverReaper = {
  add(kind: 'pid' | 'folder', name: number | string): void {
    tell(`+ ${kind} ${name}\n`);
  },
  remove(kind: 'pid' | 'folder', name: number | string): void {
    tell(`- ${kind} ${name}\n`);
  },
};

function tell(line: string): void {
  reaper ??= spawnReaper();
  reaper.stdin?.write(line);
}

function spawnReaper(): ChildProcess {
  const child = spawn('sh', ['-c', script], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  child.unref();
  // Typed as a stream, it is a socket: neither it nor the shell keeps this process alive.
  if (child.stdin !== null && 'unref' in child.stdin && typeof child.stdin.unref === 'function') child.stdin.unref();
  return child;
}
