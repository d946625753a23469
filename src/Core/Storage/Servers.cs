namespace Switchyard.Core.Storage;

/// <summary>A right that one server of an installation has for a while. Times are the database's.</summary>
/// <param name="Name">What it is a right to: <c>leader</c>.</param>
/// <param name="Holder">The node that has it.</param>
/// <param name="Fence">Rises with each holder, also when a node takes it anew after its restart; writes of lower numbers are refused.</param>
public sealed record Lease(string Name, string Holder, long Fence);

/// <summary>What a server says of itself, again and again while it lives.</summary>
/// <param name="Name">Its node's name, unique in the installation.</param>
/// <param name="Incarnation">Made up at its start: tells one process of the node from the next.</param>
/// <param name="Url">Where the other servers reach it.</param>
/// <param name="Facts">What they need to know of it, as JSON text.</param>
public sealed record NodeBeat(string Name, string Incarnation, string Url, string Facts);

/// <summary>A server of the installation, as the store knows it.</summary>
/// <param name="Name">Its node's name.</param>
/// <param name="Incarnation">Which process of the node beat last.</param>
/// <param name="Url">Where the other servers reach it.</param>
/// <param name="Facts">What it said of itself, as JSON text.</param>
/// <param name="Slot">Its number, from 0: never that of another one.</param>
/// <param name="Draining">True when it is to take no new work.</param>
/// <param name="Since">When this incarnation beat first.</param>
/// <param name="Silence">How long ago it beat last, by the database's clock.</param>
public sealed record NodeRow(string Name, string Incarnation, string Url, string Facts, int Slot, bool Draining, DateTimeOffset Since, TimeSpan Silence);

/// <summary>Something the leader is to do, written down by another server. It stays until it is struck out.</summary>
/// <param name="Id">Ascending.</param>
/// <param name="Kind">What is to be done; <see cref="RunKind"/> is written by the store itself.</param>
/// <param name="Subject">The id of what it is about.</param>
/// <param name="Body">The rest, as JSON text; empty for nothing.</param>
public sealed record LeaderNote(long Id, string Kind, long Subject, string Body)
{
    /// <summary>
    /// A living run that was inserted or repaired by a server that does not lead: written in the same commit. Its body are the ids of its attempts, as
    /// <see cref="IdRanges"/> in the order of its instances, if it is new and they are <see cref="Many"/>.
    /// </summary>
    public const string RunKind = "run";

    /// <summary>From how many attempts on they are named.</summary>
    public const int Many = 100;
}

/// <summary>Something another server says to all: a hint that there is something to read, never the only word about it.</summary>
/// <param name="Kind">What it is about; <see cref="Events"/>, <see cref="Notes"/> and <see cref="All"/> come from the store itself.</param>
/// <param name="Subject">The id of what it is about, or 0.</param>
public sealed record StoreSignal(string Kind, long Subject)
{
    /// <summary>Events were committed.</summary>
    public const string Events = "events";

    /// <summary>Notes for the leader were written or struck out.</summary>
    public const string Notes = "notes";

    /// <summary>Signals may have been missed: look at everything.</summary>
    public const string All = "all";
}
