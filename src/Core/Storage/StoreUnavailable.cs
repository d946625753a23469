namespace Switchyard.Core.Storage;

/// <summary>What keeps a store from working.</summary>
public enum StoreTrouble
{
    /// <summary>No room on the disk. The store goes on by itself when there is some again.</summary>
    Full,

    /// <summary>The disk or the file system answered with an error.</summary>
    Broken,

    /// <summary>The file or its directory may not be written.</summary>
    ReadOnly,

    /// <summary>A newer version of the program has changed the data.</summary>
    NewerSchema,

    /// <summary>Another process holds it.</summary>
    Busy,

    /// <summary>The file is not a database of ours, or it is damaged.</summary>
    NotOurs,

    /// <summary>The database server cannot be reached. The store goes on by itself when it can.</summary>
    Unreachable,

    /// <summary>Another server leads now: what this one meant to write as the leader is not its to write any more.</summary>
    Fenced,
}

/// <summary>The store cannot be read or written; nothing of the call was kept. The message says what to do.</summary>
public sealed class StoreUnavailable(StoreTrouble trouble, string message, Exception? cause = null) : IOException(message, cause)
{
    /// <summary>What is wrong, for programs.</summary>
    public StoreTrouble Trouble { get; } = trouble;
}
