import { useEffect, useRef, useState } from 'react'
import { useSearchParams } from 'wouter'
import { Select, TextField } from '../../components/Field.tsx'
import { Panel } from '../../components/Panel.tsx'
import { useDebounced } from '../../hooks/useDebounced.ts'
import { withParameter } from '../../parameters.ts'
import css from './Requests.module.css'
import { Results } from './Results.tsx'
import { texts } from './texts.ts'

/** Milliseconds without a key after which it is searched: each search asks Sonarr, Radarr and Plex. */
const DELAY_MS = 450
const LONGEST = 300

type Media = 'any' | 'movie' | 'series'
const MEDIA = ['any', 'movie', 'series'] as const

/** Looks titles up while one types. What is searched for is in the address. */
export function Search() {
  const [search, setSearch] = useSearchParams()
  const [typed, setTyped] = useState(() => search.get('q') ?? '')
  const media = MEDIA.find((one) => one === search.get('media')) ?? 'any'
  const q = useDebounced(typed.trim(), DELAY_MS)
  const box = useRef<HTMLDivElement>(null)
  const isAsked = search.has('ask')
  useEffect(() => {
    if (isAsked) {
      box.current?.querySelector('input')?.focus()
      setSearch((before) => withParameter(before, 'ask', ''), { replace: true })
    }
  }, [isAsked, setSearch])
  useEffect(() => {
    setSearch((before) => withParameter(before, 'q', q), { replace: true })
  }, [q, setSearch])
  return (
    <Panel title={texts.ask}>
      <search className={css['search']} ref={box}>
        <TextField
          label={texts.search}
          hint={texts.searchHint}
          type="search"
          value={typed}
          maxLength={LONGEST}
          autoComplete="off"
          enterKeyHint="search"
          onChange={(event) => setTyped(event.target.value)}
        />
        <Select<Media>
          label={texts.media}
          value={media}
          options={MEDIA.map((one) => [one, texts.medias[one]])}
          onChange={(one) =>
            setSearch((before) => withParameter(before, 'media', one === 'any' ? '' : one), { replace: true })
          }
        />
      </search>
      {q === '' ? null : <Results q={q} media={media === 'any' ? null : media} />}
    </Panel>
  )
}
