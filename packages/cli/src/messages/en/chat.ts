/** What the chat in the terminal says. */

export const chat = {
  plainHelp: 'each line that you type is sent; /quit or Ctrl-D leaves; // at the beginning sends a slash',
  unknownCommand: (name: string) => `there is no /${name}; see /help. // at the beginning sends a slash`,
  notInPlain: (name: string) => `/${name} is there in the full screen only`,
  spoken: (uid: string, time: string, text: string) => `${uid}, ${time}: ${text}`,
  spokenOwn: (time: string, text: string) => `you, ${time}: ${text}`,
}
