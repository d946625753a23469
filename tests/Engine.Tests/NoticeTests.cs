using System.Collections.Concurrent;
using Switchyard.Core.Jobs;
using Switchyard.Core.Notifications;
using Switchyard.Core.Runs;
using Xunit;
using static Switchyard.Engine.Tests.EngineFixture;

namespace Switchyard.Engine.Tests;

/// <summary>What happened to runs reaches who is to be told: not lost, not twice, and fairly.</summary>
public sealed class NoticeTests
{
    [Fact]
    public async Task The_start_and_the_end_of_a_run_are_told_in_order_and_once()
    {
        var carrier = new Carrier();
        await using var yard = await Start(fixture => fixture.Carrier = carrier);
        var run = await yard.Submit(Plan(Node("a")), await Told(yard, "http://a.example/"));
        await yard.Ended(run);
        await yard.Until(async () => (await yard.Store.NoticesOfRun(run, default)).Count(notice => notice.State == NoticeState.Delivered) == 2);
        Assert.Equal(["Running", "Succeeded"], carrier.Arrived.Select(notice => notice.What));
        Assert.Empty(await yard.Store.Happenings(10, default));
        await yard.Submit(Plan(Node("a")));
        Assert.Equal(2, carrier.Arrived.Count);
    }

    [Fact]
    public async Task What_was_not_sent_when_the_engine_ended_is_sent_by_the_next_under_the_same_id()
    {
        var stuck = new Carrier { Of = _ => new TaskCompletionSource<Carried>().Task };
        await using var yard = await Start(fixture => fixture.Carrier = stuck);
        var run = await yard.Submit(Plan(Node("a")), await Told(yard, "http://a.example/"));
        await yard.Ended(run);
        await yard.Until(() => Task.FromResult(!stuck.Seen.IsEmpty));
        var carrier = new Carrier();
        yard.Carrier = carrier;
        await yard.Restart();
        await yard.Until(() => Task.FromResult(carrier.Arrived.Count == 2));
        Assert.Equal(stuck.Seen.First().Id, carrier.Arrived.First().Id);
    }

    [Fact]
    public async Task Without_a_carrier_what_happened_waits_for_one()
    {
        await using var yard = await Start();
        var run = await yard.Submit(Plan(Node("a")), await Told(yard, "http://a.example/"));
        await yard.Ended(run);
        Assert.Equal(2, (await yard.Store.Happenings(10, default)).Count);
        var carrier = new Carrier();
        yard.Carrier = carrier;
        await yard.Restart();
        await yard.Until(() => Task.FromResult(carrier.Arrived.Count == 2));
    }

    [Fact]
    public async Task A_notice_is_tried_until_it_arrives_and_a_hopeless_one_once()
    {
        var tries = 0;
        var carrier = new Carrier
        {
            Of = notice => Task.FromResult(
                notice.To.Contains("never", StringComparison.Ordinal) ? new Carried("no such place", Hopeless: true)
                : Interlocked.Increment(ref tries) == 1 ? throw new InvalidOperationException("a bug of the carrier's")
                : new Carried(tries == 2 ? "answered 500" : null)),
        };
        await using var yard = await Start(fixture => fixture.Carrier = carrier);
        var run = await yard.Submit(Plan(Node("a")), await Told(yard, "http://a.example/", "http://never.example/"));
        await yard.Ended(run);
        await yard.Until(async () => (await yard.Store.NoticesOfRun(run, default)) is { Count: 4 } all && all.All(notice => notice.State != NoticeState.Waiting));
        var notices = await yard.Store.NoticesOfRun(run, default);
        Assert.All(notices.Where(notice => notice.To == "http://never.example/"), notice => Assert.Equal((NoticeState.GivenUp, 1, "no such place"), (notice.State, notice.Tries, notice.Problem)));
        Assert.All(notices.Where(notice => notice.To == "http://a.example/"), notice => Assert.Equal((NoticeState.Delivered, ""), (notice.State, notice.Problem)));
        Assert.Equal(4, notices.Where(notice => notice.To == "http://a.example/").Sum(notice => notice.Tries));
    }

    [Fact]
    public async Task Receivers_that_hang_hold_up_only_themselves()
    {
        var carrier = new Carrier { Of = notice => notice.To.Contains("slow", StringComparison.Ordinal) ? new TaskCompletionSource<Carried>().Task : Task.FromResult(new Carried(null)) };
        await using var yard = await Start(fixture => fixture.Carrier = carrier);
        var slow = await Told(yard, [.. Enumerable.Range(0, Notifier.AtOnce - 1).Select(no => $"http://slow{no}.example/")]);
        await yard.Ended(await yard.Submit(Plan(Node("a")), slow));
        await yard.Ended(await yard.Submit(Plan(Node("a")), slow));
        var quick = await Told(yard, "http://quick.example/", "http://other.example/");
        for (var no = 0; no < 3; no++)
            await yard.Ended(await yard.Submit(Plan(Node("a")), quick));
        await yard.Until(() => Task.FromResult(carrier.Arrived.Count == 12));
        // One is under way to each of those that hang, however many wait for them.
        Assert.Equal(Notifier.AtOnce - 1, carrier.Seen.Count(notice => notice.To.Contains("slow", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task More_receivers_than_can_be_served_at_once_take_turns()
    {
        var carrier = new Carrier { Of = async _ => { await Task.Yield(); return new Carried(null); } };
        await using var yard = await Start(fixture => fixture.Carrier = carrier);
        var job = await Told(yard, [.. Enumerable.Range(0, 3 * Notifier.AtOnce).Select(no => $"http://h{no}.example/")]);
        var run = await yard.Submit(Plan(Node("a")), job);
        await yard.Ended(run);
        await yard.Until(() => Task.FromResult(carrier.Arrived.Count == 6 * Notifier.AtOnce));
        Assert.All(carrier.Arrived.GroupBy(notice => notice.To), group => Assert.Equal(["Running", "Succeeded"], group.Select(notice => notice.What)));
        Assert.True(carrier.Most <= Notifier.AtOnce, $"{carrier.Most} at once");
    }

    [Fact]
    public void Pauses_double_up_to_an_hour_and_end_after_three_days()
    {
        var made = new DateTimeOffset(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);
        var notice = new Notice { Id = Guid.NewGuid(), Kind = NoticeKind.Webhook, To = "http://a.example/", What = "x", MadeAt = made }.Due();
        var pauses = new List<double>();
        var tried = new NoticeTry(notice.Id, NoticeState.Waiting, 0, made, made, "");
        while (tried is { State: NoticeState.Waiting, DueAt: { } due })
        {
            tried = NoticeTry.Of(notice with { Tries = tried.Tries }, new Carried(new string('x', 10_000)), due);
            pauses.Add((tried.DueAt - tried.At)?.TotalSeconds ?? -1);
        }

        Assert.Equal([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3600, 3600], pauses[..14]);
        Assert.Equal((NoticeState.GivenUp, -1), (tried.State, pauses[^1]));
        Assert.InRange(tried.At - made, TimeSpan.FromDays(3), TimeSpan.FromDays(3.1));
        Assert.True(tried.Problem.Length < 600);
    }

    private static async Task<Job> Told(EngineFixture yard, params string[] urls)
    {
        var job = yard.NewJob() with { Notify = string.Join(' ', urls) };
        await yard.Store.JobsInsert([job], default);
        return job;
    }

    /// <summary>One notice to each URL of the job.</summary>
    internal sealed class OneEach : INoticeWriter
    {
        public string Dialect => "test";

        public Task<IReadOnlyList<Notice>> Write(RunRow run, Happening happening, CancellationToken stop) => Task.FromResult<IReadOnlyList<Notice>>(
        [
            .. happening.Notify.Split(' ').Select(url => new Notice
            {
                Id = Guid.NewGuid(), Kind = NoticeKind.Webhook, To = url, What = run.State.ToString(), RunId = run.Id, MadeAt = happening.At,
            }.Due()),
        ]);
    }

    /// <summary>Notes what it was given and answers what the test says.</summary>
    private sealed class Carrier : ICarrier
    {
        private int _underWay;

        public Func<Notice, Task<Carried>> Of { get; init; } = _ => Task.FromResult(new Carried(null));

        public ConcurrentQueue<Notice> Seen { get; } = new();

        public ConcurrentQueue<Notice> Arrived { get; } = new();

        public int Most { get; private set; }

        public async Task<Carried> Carry(Notice notice, CancellationToken stop)
        {
            Most = Math.Max(Most, Interlocked.Increment(ref _underWay));
            Seen.Enqueue(notice);
            try
            {
                var carried = await Of(notice).WaitAsync(stop);
                if (carried.Problem is null)
                    Arrived.Enqueue(notice);
                return carried;
            }
            finally
            {
                Interlocked.Decrement(ref _underWay);
            }
        }
    }
}
