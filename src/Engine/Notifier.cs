using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Switchyard.Core.Notifications;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Engine.Loops;

namespace Switchyard.Engine;

/// <summary>
/// Tells what happened to runs. The store writes it down with the move; this has the dialect write the notices, which takes
/// the place of what happened in one commit, and hands them to the carrier until they have arrived. Each receiver has a lane,
/// in which one notice is under way at a time; lanes take turns, so that none that is slow or dead holds up the others. What was
/// under way when a server died is sent again by the next.
/// </summary>
internal sealed partial class Notifier(IStore store, ICarrier? carrier, TimeProvider time, ILogger log) : ILoop
{
    /// <summary>Notices under way at once.</summary>
    public const int AtOnce = 16;

    private const int HappeningsAtOnce = 100;
    private const int BytesAtOnce = 16 * 1024 * 1024;

    private readonly Dictionary<string, INoticeWriter> _writers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Task> _underWay = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<(string Lane, NoticeTry Try)> _back = new();
    private string _lastLane = "";

    /// <summary>When to look into the lanes again: as soon as they changed, also if the look then fails.</summary>
    private DateTimeOffset? _next = DateTimeOffset.MinValue;

    public string Name => "Notifier";

    public Wake Wake { get; } = new();

    /// <summary>Adds a dialect's writer.</summary>
    public void Add(INoticeWriter writer) => _writers.Add(writer.Dialect, writer);

    /// <summary>Completes when nothing is under way any more; after the last step.</summary>
    public Task Landed() => Task.WhenAll(_underWay.Values);

    /// <inheritdoc/>
    public async ValueTask<DateTimeOffset?> Step(DateTimeOffset now, CancellationToken stop)
    {
        if (carrier is null)
            return null;
        await Record(stop).ConfigureAwait(false);
        var warning = await Warn(now, stop).ConfigureAwait(false);
        await Write(stop).ConfigureAwait(false);
        if (_next <= now)
            _next = await Send(now, stop).ConfigureAwait(false);
        return warning < (_next ?? DateTimeOffset.MaxValue) ? warning : _next;
    }

    /// <summary>Notes as happened that what is overdue still runs; answers when the next may be.</summary>
    private async Task<DateTimeOffset?> Warn(DateTimeOffset now, CancellationToken stop)
    {
        var next = await store.WarningsNextDue(stop).ConfigureAwait(false);
        if (!(next <= now))
            return next;
        await store.WarningsTell(now, stop).ConfigureAwait(false);
        return await store.WarningsNextDue(stop).ConfigureAwait(false);
    }

    /// <summary>Notes what came of those that are back; their lanes are free then.</summary>
    private async Task Record(CancellationToken stop)
    {
        var back = _back.ToArray();
        if (back.Length == 0)
            return;
        await store.NoticesTried([.. back.Select(item => item.Try)], stop).ConfigureAwait(false);
        _next = DateTimeOffset.MinValue;
        foreach (var (lane, _) in back)
        {
            _back.TryDequeue(out _);
            _underWay.Remove(lane);
        }
    }

    /// <summary>Has the notices written about what happened.</summary>
    private async Task Write(CancellationToken stop)
    {
        while (await store.Happenings(HappeningsAtOnce, stop).ConfigureAwait(false) is { Count: > 0 } happenings)
        {
            var (done, notices, bytes) = (new List<Happening>(), new List<Notice>(), 0L);
            foreach (var happening in happenings)
            {
                var written = await Written(happening, stop).ConfigureAwait(false);
                done.Add(happening);
                notices.AddRange(written);
                bytes += written.Sum(notice => (long)notice.Body.Length);
                if (bytes > BytesAtOnce)
                    break;
            }

            await store.NoticesWrite(done, notices, stop).ConfigureAwait(false);
            _next = DateTimeOffset.MinValue;
        }
    }

    private async Task<IReadOnlyList<Notice>> Written(Happening happening, CancellationToken stop)
    {
        if (await store.RunGet(happening.RunId, stop).ConfigureAwait(false) is not { } run || !_writers.TryGetValue(run.Dialect, out var writer))
            return [];
        if (happening.Attempt is null)
            run = AsItWas(run, happening);
        try
        {
            return await writer.Write(run, happening, stop).ConfigureAwait(false);
        }
        catch (Exception problem) when (problem is not (OperationCanceledException or StoreUnavailable))
        {
            WriterFailed(log, happening.RunId, problem);
            return [];
        }
    }

    /// <summary>Of a start that is told late, the end is not told with it.</summary>
    private static RunRow AsItWas(RunRow run, Happening happening)
    {
        run = run with { State = happening.State };
        return happening.State == RunState.Running ? run with { Reason = Reason.None, EndedAt = null, ExitCode = null } : run;
    }

    /// <summary>Sends what is due as far as there is room; answers when the next is due of what waits for nothing but its time.</summary>
    private async Task<DateTimeOffset?> Send(DateTimeOffset now, CancellationToken stop)
    {
        var free = (await store.NoticeLanes(stop).ConfigureAwait(false)).Where(lane => !_underWay.ContainsKey(lane.Lane)).ToList();
        var due = free.Where(lane => lane.DueAt <= now).ToLookup(lane => string.CompareOrdinal(lane.Lane, _lastLane) > 0);
        var turn = due[true].Concat(due[false]).Take(AtOnce - _underWay.Count).ToList();
        foreach (var notice in await store.NoticesLoad([.. turn.Select(lane => lane.Id)], stop).ConfigureAwait(false))
        {
            _lastLane = notice.Lane;
            _underWay.Add(notice.Lane, Carry(notice, stop));
        }

        return free.Where(lane => lane.DueAt > now).Min(lane => (DateTimeOffset?)lane.DueAt);
    }

    private async Task Carry(Notice notice, CancellationToken stop)
    {
        Carried carried;
        try
        {
            carried = await carrier!.Carry(notice, stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Nobody knows whether it arrived; the next server sends it again.
            return;
        }
        catch (Exception problem)
        {
            CarrierFailed(log, notice.Receiver, problem);
            carried = new Carried(problem.Message);
        }

        var tried = NoticeTry.Of(notice, carried, time.GetUtcNow());
        if (tried.State == NoticeState.GivenUp)
            GivenUp(log, notice.Id, notice.Receiver, tried.Tries, tried.Problem);
        _back.Enqueue((notice.Lane, tried));
        Wake.Set();
    }

    [LoggerMessage(1, LogLevel.Error, "what happened to run {Run} is not told: its notices could not be written")]
    private static partial void WriterFailed(ILogger log, long run, Exception problem);

    [LoggerMessage(2, LogLevel.Error, "a notice to {Receiver} broke its carrier")]
    private static partial void CarrierFailed(ILogger log, string receiver, Exception problem);

    [LoggerMessage(3, LogLevel.Warning, "notice {Notice} to {Receiver} is given up after {Tries} tries: {Problem}")]
    private static partial void GivenUp(ILogger log, Guid notice, string receiver, int tries, string problem);
}
