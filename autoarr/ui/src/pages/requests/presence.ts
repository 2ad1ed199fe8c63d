import type { Schema } from '../../api/types.ts'
import type { Tone } from '../../components/Badge.tsx'
import { nameState } from './states.ts'
import { texts } from './texts.ts'

type Title = Schema<'TitleFound'>

interface Sign {
  words: string
  tone: Tone
}

/** What a found title's card says of it: asked for, in Plex, in the library. What isn't known is not passed over. */
export function signsOf({ requests, in_plex, in_library, files }: Title): Sign[] {
  const signs: Sign[] = []
  const mine = requests.find((request) => request.mine)
  if (mine) {
    signs.push({ words: `${texts.youAsked}: ${nameState(mine.state)}`, tone: 'accent' })
  } else if (requests.length > 0) {
    signs.push({ words: texts.asked, tone: 'accent' })
  }
  if (in_plex) {
    signs.push({ words: texts.inPlex, tone: 'good' })
  }
  if (in_library === null) {
    signs.push({ words: texts.unknownThere, tone: 'doubt' })
  } else if (in_library && !(in_plex && files === 'all')) {
    signs.push(inLibrary(files))
  }
  return signs
}

function inLibrary(files: Title['files']): Sign {
  switch (files) {
    case 'all':
      return { words: texts.inLibrary, tone: 'good' }
    case 'some':
      return { words: texts.partly, tone: 'accent' }
    case 'none':
      return { words: texts.wanted, tone: 'rest' }
    default:
      return { words: texts.filesUnknown, tone: 'doubt' }
  }
}

/** Whether it is in the library, in words; null where that is unknown. */
export function describeLibrary({ in_library, files }: Title): string | null {
  return in_library === null ? null : in_library ? inLibrary(files).words : texts.notInLibrary
}

/** Yes or no; null where that is unknown. */
export function describePlex({ in_plex }: Title): string | null {
  return in_plex === null ? null : in_plex ? texts.yes : texts.no
}
