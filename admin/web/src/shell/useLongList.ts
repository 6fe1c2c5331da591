/** A list of many pages: its rows, the next page on demand, and pages that are owed read again while nothing else is. */
import { type InfiniteData, type QueryKey, useInfiniteQuery, type UseInfiniteQueryOptions, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo } from "react";
import { isOwed, type PageOf, type Pages, setNear, type Thing } from "../api/pages";

/** Milliseconds between two readings of what is far from the window. */
const CATCH_UP = 1000;

type Options<T extends Thing, K extends QueryKey> = UseInfiniteQueryOptions<PageOf<T>, Error, InfiniteData<PageOf<T>>, K, number>;

export function useLongList<T extends Thing, K extends QueryKey>(options: Options<T, K>) {
  const client = useQueryClient();
  const list = useInfiniteQuery(options);
  const { data, hasNextPage, isFetchingNextPage, fetchNextPage, refetch } = list;
  const rows = useMemo(() => data?.pages.flatMap((page) => page.items), [data]);
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  const key = JSON.stringify(options.queryKey);
  const near = useCallback((first: T, last: T) => { setNear(JSON.parse(key) as QueryKey, [first.id, last.id]); }, [key]);
  useEffect(() => {
    const queryKey = JSON.parse(key) as QueryKey;
    const timer = setInterval(() => {
      if (!document.hidden && isOwed(client.getQueryData<Pages<Thing>>(queryKey))) void refetch({ cancelRefetch: false });
    }, CATCH_UP);
    return () => {
      clearInterval(timer);
      setNear(queryKey, null);
    };
  }, [client, key, refetch]);
  return { list, rows, more, near };
}
