using System.Text.Json;
using System.Text.Json.Serialization;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;

namespace Switchyard.Engine.Nodes;

/// <summary>
/// What a server that does not lead does with what only the leader can do: writes it down for it, where it stays until it is done, whoever
/// leads by then.
/// </summary>
/// <param name="store">Where the notes are.</param>
/// <param name="notes">Beats when notes were written or struck out.</param>
/// <param name="time">The clock.</param>
internal sealed class Elsewhere(IStore store, EventPulse notes, TimeProvider time)
{
    public const string Event = "event", Job = "job", Pools = "pools", Notices = "notices", Batches = "batches", Timeout = "timeout";

    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Has something happen to a run; returns once that is committed.</summary>
    /// <exception cref="StoreUnavailable">No server has led for a minute.</exception>
    public async Task Happen(long runId, RunEvent @event, CancellationToken stop)
    {
        var id = await store.NotePut(Event, runId, JsonSerializer.Serialize(WrittenEvent.Of(@event), NotesJson.Default.WrittenEvent), stop).ConfigureAwait(false);
        var until = time.GetUtcNow() + Patience;
        while (true)
        {
            var next = notes.Next;
            if (await store.NoteAnswer(id, stop).ConfigureAwait(false) is (true, var problem))
            {
                if (problem is { Length: > 0 })
                    throw new StoreUnavailable(StoreTrouble.Busy, problem);
                return;
            }

            if (time.GetUtcNow() > until)
                throw new StoreUnavailable(StoreTrouble.Busy, "no server leads the installation now: what was asked for is written down and done as soon as one does");
            using var either = CancellationTokenSource.CreateLinkedTokenSource(stop);
            await Task.WhenAny(next, Task.Delay(LookAgain, time, either.Token)).ConfigureAwait(false);
            await either.CancelAsync().ConfigureAwait(false);
            stop.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Tells the leader that something is to be looked at again. What is said by this was committed before, so that its loss only delays it.</summary>
    public void Tell(string kind, long subject = 0) => _ = Task.Run(async () =>
    {
        for (var tries = 0; tries < 5; tries++)
        {
            try
            {
                await store.NotePut(kind, subject, "", CancellationToken.None).ConfigureAwait(false);
                return;
            }
            catch (Exception trouble) when (trouble is StoreUnavailable or ObjectDisposedException)
            {
                await Task.Delay(LookAgain, time).ConfigureAwait(false);
            }
        }
    });
}

/// <summary>The events that people ask for, as a note holds them.</summary>
internal sealed record WrittenEvent(string Kind, string By, int Task = 0, int Index = 0, long AttemptId = 0, ReasonCode Code = ReasonCode.None, string? Text = null)
{
    public static WrittenEvent Of(RunEvent @event) => @event switch
    {
        RunEvent.CancelRun cancel => new("cancel-run", cancel.By),
        RunEvent.CancelTask cancel => new("cancel-task", cancel.By, cancel.Task, cancel.Index, cancel.AttemptId),
        RunEvent.Revoked revoked => new("revoke", "", revoked.Task, revoked.Index, revoked.AttemptId, revoked.Reason.Code, revoked.Reason.Text),
        _ => throw new InvalidOperationException($"nobody asks for {@event.GetType().Name}"),
    };

    /// <summary>The event; null for one of a newer program.</summary>
    public RunEvent? Read() => Kind switch
    {
        "cancel-run" => new RunEvent.CancelRun(By),
        "cancel-task" => new RunEvent.CancelTask(Task, Index, AttemptId, By),
        "revoke" => new RunEvent.Revoked(Task, Index, AttemptId, new Reason(Code, Text ?? "")),
        _ => null,
    };
}

/// <summary>How notes are written.</summary>
[JsonSerializable(typeof(WrittenEvent))]
[JsonSourceGenerationOptions(UseStringEnumConverter = true)]
internal sealed partial class NotesJson : JsonSerializerContext;
