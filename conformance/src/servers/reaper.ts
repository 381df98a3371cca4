import { type ChildProcess, spawn } from 'node:child_process';

/** Reads `+ pid folder` and `- pid folder`; at the end of its input it kills and removes what is left. */
const script = `
trap '' INT TERM HUP
left=''
while read -r sign pid folder; do
  case $sign in
    +) left="$left$pid $folder
" ;;
    -) left=$(printf '%s' "$left" | grep -vxF "$pid $folder")
       [ -z "$left" ] || left="$left
" ;;
  esac
done
printf '%s' "$left" | while read -r pid folder; do
  kill -9 "$pid"
  rm -rf "$folder"
done
`;

let reaper: ChildProcess | undefined;

/**
 * Ends the servers of this process when it is gone, however it went: by itself, by an error, by Ctrl-C or by SIGKILL. A small shell
 * waits for the end of the pipe that this process holds, so there is no handler that a crash could leave out.
 */
export const serverReaper = {
  add(pid: number, folder: string): void {
    tell(`+ ${pid} ${folder}\n`);
  },
  remove(pid: number, folder: string): void {
    tell(`- ${pid} ${folder}\n`);
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
