/** `*` is any text, `?` any one character; everything else is itself. Linear but for one step back per star. */
export function matchesGlob(text: string, glob: string): boolean {
  let at = 0;
  let star = -1;
  let resumeAt = 0;
  let position = 0;
  while (position < text.length) {
    if (glob[at] === '*') {
      star = at;
      resumeAt = position;
      at += 1;
    } else if (at < glob.length && (glob[at] === '?' || glob[at] === text[position])) {
      at += 1;
      position += 1;
    } else if (star >= 0) {
      at = star + 1;
      resumeAt += 1;
      position = resumeAt;
    } else {
      return false;
    }
  }
  while (glob[at] === '*') at += 1;
  return at === glob.length;
}
