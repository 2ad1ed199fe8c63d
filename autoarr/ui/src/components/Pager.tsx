import { Button } from './Button.tsx'
import { FormButtons } from './Form.tsx'

interface Props {
  page: number
  pageSize: number
  total: number
  onPage: (page: number) => void
}

/** Leads through the pages of a list that is too short for scrolling through; nothing where there is one. */
export function Pager({ page, pageSize, total, onPage }: Props) {
  const last = Math.max(1, Math.ceil(total / pageSize))
  if (last === 1) {
    return null
  }
  return (
    <FormButtons>
      <Button small disabled={page <= 1} onClick={() => onPage(page - 1)}>
        Previous
      </Button>
      <span>{`Page ${page} of ${last}`}</span>
      <Button small disabled={page >= last} onClick={() => onPage(page + 1)}>
        Next
      </Button>
    </FormButtons>
  )
}
