/* owner_services.jsx - how the six services are, what each leans on, and how far it is behind. */

import { useEffect, useState } from 'preact/hooks';
import { timeText, wallNow } from './house.js';
import { t } from './language.js';
import { Heading, Icon } from './parts.jsx';
import { LiveMark } from './live.jsx';
import { staffAsk } from './staff.js';

const LOOK_MS = 5000;
const good = (status) => status === 'healthy' || status === 'ok';

const State = ({ status, word }) => (
    <span class={`state state--${good(status) ? 'well' : status === 'none' ? 'none' : 'ill'}`}>
        <Icon name={good(status) ? 'check' : status === 'none' ? 'minus' : 'warning'} />{word}
    </span>
);

function Check({ check }) {
    return (
        <li>
            <span class="svc__name">{t.parts[check.name] ?? check.name}</span>
            <State status={check.status} word={check.status === 'ok' ? t.ok : t.awaySince(check.ageSeconds)} />
            {check.breaker ? <span class={`svc__breaker svc__breaker--${check.breaker}`}>{t.breakers[check.breaker]}</span> : null}
        </li>
    );
}

function Feed({ feed }) {
    const late = !feed.inTouch || feed.lag === null || feed.lag > 0;
    return (
        <li>
            <span class="svc__name">{t.feedOf(t.parts[feed.owner] ?? feed.owner)}</span>
            <State status={late ? 'late' : 'ok'} word={!feed.inTouch ? t.feedLost(feed.ageSeconds) : feed.lag === null ? t.feedUnknown : feed.lag ? t.feedLag(feed.lag) : t.feedNow} />
        </li>
    );
}

function Service({ one }) {
    return (
        <section class="svc" data-service={one.service} aria-labelledby={`svc-${one.service}`}>
            <h2 id={`svc-${one.service}`}>{t.parts[one.service]}</h2>
            <State status={one.status} word={t.health[one.status] ?? one.status} />
            {one.version ? <p class="svc__more">{t.version(one.version)}{one.position === null ? '' : ` · ${t.events(one.position)}`}</p> : null}
            {one.checks.length ? <ul class="svc__list">{one.checks.map((check) => <Check check={check} key={check.name} />)}</ul> : null}
            {one.feeds.length ? <ul class="svc__list">{one.feeds.map((feed) => <Feed feed={feed} key={feed.owner} />)}</ul> : null}
        </section>
    );
}

function Services({ first }) {
    const [all, setAll] = useState(first);
    const [live, setLive] = useState({ on: true, at: wallNow() });
    useEffect(() => {
        const leaving = new AbortController();
        const look = async () => {
            if (document.hidden) return;
            try {
                const found = await staffAsk('/api/services', leaving.signal);
                if (!leaving.signal.aborted) { setAll(found); setLive({ on: true, at: wallNow() }); }
            } catch {
                if (!leaving.signal.aborted) setLive((was) => ({ ...was, on: false }));
            }
        };
        const timer = setInterval(look, LOOK_MS);
        return () => { leaving.abort(); clearInterval(timer); };
    }, []);
    const ill = all.filter((one) => !good(one.status) && one.status !== 'none').length;
    return (
        <div class="page">
            <Heading>{t.services}</Heading>
            <p class="lead">{ill ? t.someIll(ill) : t.allWell}</p>
            <LiveMark live={live} />
            <div class="svcs">{all.map((one) => <Service one={one} key={one.service} />)}</div>
        </div>
    );
}

export async function servicesView({ signal }) {
    return { title: t.services, node: <Services first={await staffAsk('/api/services', signal)} /> };
}
