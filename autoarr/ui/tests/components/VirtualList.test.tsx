import { QueryClient, QueryClientProvider, queryOptions } from '@tanstack/react-query'
import { act, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { PAGE_SIZE } from '../../src/components/paging.ts'
import { VirtualList } from '../../src/components/VirtualList.tsx'

const ROW = 50

interface Row {
  id: number
}

/** A list of rows, the newest first; more can come in. */
class Source {
  total = 50_000
  asked: number[] = []
  failing: boolean = false

  page(number: number): { items: Row[]; total: number } {
    this.asked.push(number)
    if (this.failing) {
      throw new Error('It broke.')
    }
    const start = (number - 1) * PAGE_SIZE
    const length = Math.max(0, Math.min(PAGE_SIZE, this.total - start))
    return { items: Array.from({ length }, (_, at) => ({ id: this.total - start - at })), total: this.total }
  }
}

function show(source: Source, list = 'all') {
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  const element = (name: string) => (
    <QueryClientProvider client={queries}>
      <VirtualList<Row>
        label="Rows"
        page={(number) =>
          queryOptions({ queryKey: ['get', name, number], queryFn: async () => source.page(number) })
        }
        row={({ id }) => <a href={`/${id}`}>Row {id}</a>}
        rowKey={({ id }) => id}
        rowHeight={ROW}
        empty={<p>Nothing</p>}
      />
    </QueryClientProvider>
  )
  const { rerender } = render(element(list))
  return { queries, change: (name: string) => rerender(element(name)) }
}

function rows(): HTMLElement[] {
  return screen.getAllByRole('listitem')
}

function scrollTo(y: number): void {
  act(() => {
    vi.stubGlobal('scrollY', y)
    window.dispatchEvent(new Event('scroll'))
  })
}

describe('VirtualList', () => {
  beforeEach(() => {
    // Nothing is laid out here: each row is as tall as it says.
    vi.spyOn(HTMLElement.prototype, 'offsetHeight', 'get').mockReturnValue(ROW)
    vi.stubGlobal('scrollY', 0)
  })
  afterEach(() => {
    vi.restoreAllMocks()
    vi.unstubAllGlobals()
  })

  it('has only the rows in sight, and asks only for their page', async () => {
    const source = new Source()
    show(source)
    await screen.findByText('Row 50000')
    expect(rows().length).toBeLessThan(60)
    expect(source.asked).toEqual([1])
    expect(rows()[0]?.getAttribute('aria-setsize')).toBe('50000')
    expect(screen.getByRole('list').style.height).toBe(`${50_000 * ROW}px`)
  })

  it('asks for what is far away when the scrolling rests, and for nothing between', async () => {
    const source = new Source()
    show(source)
    await screen.findByText('Row 50000')
    scrollTo(10_000 * ROW)
    scrollTo(20_040 * ROW)
    await screen.findByText('Row 29960')
    expect(source.asked).toEqual([1, 201])
  })

  it('keeps the row that has the focus', async () => {
    const source = new Source()
    show(source)
    const link = await screen.findByText('Row 49998')
    act(() => link.focus())
    scrollTo(20_050 * ROW)
    await screen.findByText('Row 29950')
    expect(document.activeElement).toBe(link)
    act(() => link.blur())
    await waitFor(() => expect(screen.queryByText('Row 49998')).toBeNull())
  })

  it('keeps the focus in its row when others come in before it', async () => {
    const source = new Source()
    const { queries } = show(source)
    const link = await screen.findByText('Row 49998')
    act(() => link.focus())
    source.total += 2
    await act(() => queries.invalidateQueries())
    await screen.findByText('Row 50002')
    expect(document.activeElement).toBe(link)
    expect(link.closest('[role="listitem"]')?.getAttribute('aria-posinset')).toBe('5')
  })

  it('leaves who has scrolled at their row when others come in before it', async () => {
    const source = new Source()
    const { queries } = show(source)
    await screen.findByText('Row 50000')
    scrollTo(20 * ROW)
    await screen.findByText('Row 49970')
    const scrollBy = vi.spyOn(window, 'scrollBy').mockImplementation(() => undefined)
    source.total += 3
    await act(() => queries.invalidateQueries())
    await waitFor(() => expect(scrollBy).toHaveBeenCalledWith(0, 3 * ROW))
  })

  it('begins anew with another list', async () => {
    const source = new Source()
    const { change } = show(source)
    await screen.findByText('Row 50000')
    source.total = 2
    change('few')
    await screen.findByText('Row 2')
    expect(rows()).toHaveLength(2)
  })

  it('says when there is nothing, and when nothing is known', async () => {
    const source = new Source()
    source.total = 0
    const { change } = show(source)
    await screen.findByText('Nothing')
    source.failing = true
    change('broken')
    expect((await screen.findByRole('alert')).textContent).toContain('It broke.')
    expect(screen.queryByText('Nothing')).toBeNull()
    source.failing = false
    source.total = 1
    fireEvent.click(screen.getByText('Try again'))
    await screen.findByText('Row 1')
  })
})
