using System.Text.Json.Serialization;
using Switchyard.Core.Execution;

namespace Switchyard.Server.Nodes;

/// <summary>
/// What goes over the link between the leader and the server of a node, as JSON, a message each way at a time. Version 1: servers of one installation may
/// differ by one version while it is upgraded; what one does not know it passes over.
/// </summary>
internal sealed record LinkMessage
{
    /// <summary>Lists of variables that orders of this message share.</summary>
    public IReadOnlyList<IReadOnlyList<KeyValuePair<string, string>>>? Shared { get; init; }

    /// <summary>Leader to node.</summary>
    public IReadOnlyList<OrderWire>? Start { get; init; }

    /// <summary>Leader to node.</summary>
    public IReadOnlyList<StopOrder>? Stop { get; init; }

    /// <summary>Leader to node.</summary>
    public IReadOnlyList<long>? Ack { get; init; }

    /// <summary>Node to leader.</summary>
    public IReadOnlyList<SignalWire>? Said { get; init; }
}

/// <summary>An order without the variables it shares with others.</summary>
/// <param name="Order">The order.</param>
/// <param name="Shared">Which list of the message it shares; -1 for none.</param>
internal sealed record OrderWire(StartOrder Order, int Shared)
{
    public static LinkMessage Pack(IReadOnlyList<StartOrder> orders)
    {
        var lists = new List<IReadOnlyList<KeyValuePair<string, string>>>();
        var packed = new List<OrderWire>(orders.Count);
        foreach (var order in orders)
        {
            if (order.SharedEnvironment.Count > 0 && (lists.Count == 0 || !ReferenceEquals(lists[^1], order.SharedEnvironment)))
                lists.Add(order.SharedEnvironment);
            packed.Add(order.SharedEnvironment.Count > 0 ? new OrderWire(order with { SharedEnvironment = [] }, lists.Count - 1) : new OrderWire(order, -1));
        }

        return new LinkMessage { Shared = lists, Start = packed };
    }

    public static IReadOnlyList<StartOrder> Unpack(LinkMessage message) =>
        [.. message.Start!.Select(wire => wire.Shared >= 0 ? wire.Order with { SharedEnvironment = message.Shared![wire.Shared] } : wire.Order)];
}

/// <summary>A signal of an executor; one of them is set.</summary>
internal sealed record SignalWire
{
    public AttemptStarted? Started { get; init; }
    public AttemptRefused? Refused { get; init; }
    public AttemptExited? Exited { get; init; }
    public IReadOnlyList<long>? Sync { get; init; }
    public string? Gone { get; init; }

    public static SignalWire? Of(ExecutorSignal signal) => signal switch
    {
        AttemptStarted started => new() { Started = started },
        AttemptRefused refused => new() { Refused = refused },
        AttemptExited exited => new() { Exited = exited },
        ExecutorSync sync => new() { Sync = [.. sync.Known] },
        ExecutorGone gone => new() { Gone = gone.Reason },
        _ => null,
    };

    public ExecutorSignal? Read() =>
        Started ?? Refused ?? Exited ?? (Sync is { } known ? new ExecutorSync(known.ToHashSet()) : Gone is { } reason ? new ExecutorGone(reason) : (ExecutorSignal?)null);
}

/// <summary>How it is written.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UseStringEnumConverter = true)]
[JsonSerializable(typeof(LinkMessage))]
internal sealed partial class LinkJson : JsonSerializerContext;
