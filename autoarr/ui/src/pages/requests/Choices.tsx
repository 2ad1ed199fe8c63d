import { client } from '../../api/client.ts'
import type { Schema } from '../../api/types.ts'
import { Failure } from '../../components/Notice.tsx'
import { Panel } from '../../components/Panel.tsx'
import { Poster } from '../../components/Poster.tsx'
import { toast } from '../../components/toast.ts'
import { useAction } from '../../hooks/useAction.ts'
import { useInvalidate } from '../../hooks/useInvalidate.ts'
import css from './Requests.module.css'
import { texts } from './texts.ts'

type Candidate = Schema<'RequestView'>['candidates'][number]

const WIDTH = 150

/** The titles of which one has to be chosen. */
export function Choices({ request: { id, candidates } }: { request: Schema<'RequestView'> }) {
  const invalidate = useInvalidate()
  const { busy, problem, act } = useAction(async (candidate: Candidate) => {
    await client.POST('/api/v1/requests/{request_id}/choose', {
      params: { path: { request_id: id } },
      body: { candidate: candidate.id },
    })
    toast(texts.chosen(candidate.title))
    await invalidate('/api/v1/requests')
  })
  return (
    <Panel title={texts.which}>
      <p>{texts.whichHint}</p>
      {problem ? <Failure error={problem} /> : null}
      <ul className={css['cards']} aria-label={texts.which} aria-busy={busy}>
        {candidates.map((candidate) => (
          <li key={candidate.id}>
            <button type="button" className={css['card']} disabled={busy} onClick={() => act(candidate)}>
              <Poster address={candidate.poster} title={candidate.title} width={WIDTH} fluid />
              <span className={css['cardTitle']}>{candidate.title}</span>
              <span className={css['quiet']}>
                {candidate.media === 'movie' ? texts.film : texts.series}
                {candidate.year ? `, ${candidate.year}` : null}
              </span>
              {candidate.overview ? <span className={css['overview']}>{candidate.overview}</span> : null}
            </button>
          </li>
        ))}
      </ul>
    </Panel>
  )
}
