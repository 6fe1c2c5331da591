/** Around all pages of those who are signed in: bars, what is live, and what is said to everybody. */
import { IconDots, IconSoup } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useLocation, useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { about } from "../api/queries/mine";
import { useI18n } from "../i18n";
import { Leaving } from "../forms/Leaving";
import { stopClock } from "../lib/clock";
import { Button } from "../ui/Button";
import { Guard } from "../ui/Guard";
import { Menu } from "../ui/Menu";
import { NoConnection } from "../ui/Offline";
import { MINE, type Place, POOL, SYSTEM, THUMB } from "./nav";
import { SessionOver } from "./SessionOver";
import { Shortcuts } from "./Shortcuts";
import { TopBar } from "./TopBar";
import { useEvents } from "./useEvents";
import { useWho } from "./useWho";
import "./shell.css";

const HERE = { "aria-current": "page" } as const;

/** What the link to a place says where one is on a page below it. */
function useBelow() {
  const path = useLocation({ select: (location) => location.pathname });
  return (place: Place) => (place.under !== undefined && path.startsWith(place.under) ? HERE : {});
}

function NavLink({ place }: { place: Place }) {
  const { t } = useI18n();
  const below = useBelow();
  return (
    <Link to={place.to} params={place.params} className="nav-link" activeProps={HERE} {...below(place)}>
      <place.icon size={18} stroke={1.75} aria-hidden />
      {t.shell[place.word]}
    </Link>
  );
}

function Group({ title, places }: { title: string; places: Place[] }) {
  if (places.length === 0) return null;
  return (
    <div className="nav-group">
      <h2>{title}</h2>
      <ul className="plain-list">
        {places.map((place) => (
          <li key={place.word}>
            <NavLink place={place} />
          </li>
        ))}
      </ul>
    </div>
  );
}

export function Brand() {
  const { t } = useI18n();
  const name = useQuery(about).data?.name;
  return (
    <Link to="/home" className="brand">
      <IconSoup size={22} aria-hidden />
      <span>{name ?? t.shell.product}</span>
    </Link>
  );
}

/** Four places and the rest, where a thumb reaches them. */
function BottomBar({ rest }: { rest: Place[] }) {
  const { t } = useI18n();
  const navigate = useNavigate();
  const below = useBelow();
  const items = rest.map((place) => ({
    label: t.shell[place.word],
    icon: <place.icon size={18} aria-hidden />,
    onClick: () => void navigate({ to: place.to, params: place.params }),
  }));
  return (
    <nav className="bottom" aria-label={t.shell.navigation}>
      {MINE.slice(0, THUMB).map((place) => (
        <Link key={place.word} to={place.to} params={place.params} activeProps={HERE} {...below(place)}>
          <place.icon size={20} aria-hidden />
          {place.word === "keys" ? t.shell.keysBriefly : t.shell[place.word]}
        </Link>
      ))}
      {items.length > 0 && (
        <Menu
          items={items}
          target={
            <button type="button">
              <IconDots size={20} aria-hidden />
              {t.shell.more}
            </button>
          }
        />
      )}
    </nav>
  );
}

const keepHere = (dirty: boolean) => <Leaving dirty={dirty} />;

export function Shell() {
  const { t, f } = useI18n();
  const who = useWho();
  const isAdmin = who.role === "admin";
  const liveness = useEvents(isAdmin);
  const notice = useQuery(about).data?.notice;
  const isCut = liveness.since !== null;
  useEffect(() => {
    stopClock(isCut);
  }, [isCut]);
  return (
    <NoConnection value={liveness.since === null ? null : t.shell.offlineWrites}>
      <Guard value={keepHere}>
      <a href="#content" className="button skip">
        {t.shell.skip}
      </a>
      <div className="shell">
        <nav className="sidebar" aria-label={t.shell.navigation}>
          <Brand />
          <Group title={t.shell.mine} places={MINE} />
          {isAdmin && <Group title={t.shell.pool} places={POOL} />}
          {isAdmin && <Group title={t.shell.system} places={SYSTEM} />}
        </nav>
        <div>
          <TopBar name={who.name} live={liveness.live} isAdmin={isAdmin} />
          {liveness.since !== null && (
            <div className="strip" role="status">
              {t.shell.offline(f.at(liveness.since))}
            </div>
          )}
          {liveness.upgraded && (
            <div className="strip row" data-tone="wait" role="status">
              {t.shell.upgraded}
              <Button size="small" onClick={() => { location.reload(); }}>
                {t.common.reload}
              </Button>
            </div>
          )}
          {notice && (
            <aside className="strip pre" data-tone="wait" aria-label={t.shell.notice}>
              {notice}
            </aside>
          )}
          <main className="main" id="content" tabIndex={-1} data-old={isCut || undefined}>
            <Outlet />
          </main>
        </div>
      </div>
      <BottomBar rest={[...MINE.slice(THUMB), ...(isAdmin ? [...POOL, ...SYSTEM] : [])]} />
      <Shortcuts isAdmin={isAdmin} />
      <SessionOver />
      </Guard>
    </NoConnection>
  );
}
