using System.Collections.Concurrent;
using System.Security.Cryptography;
using Switchyard.Dialects.Databricks.Wire;
using Switchyard.Dialects.Edge;

namespace Switchyard.Dialects.Databricks.Dbfs;

/// <summary>
/// Files that clients send block by block under a handle. The file appears when the handle is closed. Handles live in this
/// process: a restart ends them, and so does a time without a block.
/// </summary>
internal sealed class DbfsUploads(StoreFiles files, TimeProvider time)
{
    /// <summary>Bytes a block may have.</summary>
    public const int MaxBlock = 1024 * 1024;

    private const int MaxOpen = 256;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<long, Upload> _open = new();

    /// <summary>Begins a file and answers its handle.</summary>
    public Outcome<long> Open(long userId, DbfsPath path, bool overwrite)
    {
        if (files.MayHold(path.Parts, overwrite) is var held && held != TreeFault.None)
            return DbfsFaults.Explain(held, path);
        EndIdle();
        if (_open.Count >= MaxOpen)
            return new Problem(429, "RESOURCE_EXHAUSTED", $"{MaxOpen} files are being written by handles now. Close some; a handle without a new block for {Patience.TotalMinutes:0} minutes ends by itself.");
        if (files.Begin(path.Parts, out var draft) is var fault && fault != TreeFault.None)
            return DbfsFaults.Explain(fault, path);
        var upload = new Upload(userId, path, overwrite, draft) { At = time.GetUtcNow() };
        while (true)
        {
            // Clients in JavaScript keep numbers only below 2^53.
            var handle = BitConverter.ToInt64(RandomNumberGenerator.GetBytes(8)) & ((1L << 52) - 1);
            if (_open.TryAdd(handle, upload))
                return handle;
        }
    }

    /// <summary>Adds a block.</summary>
    public async Task<Problem?> Add(long userId, long handle, ReadOnlyMemory<byte> block, CancellationToken stop)
    {
        if (Find(userId, handle) is not { } upload)
            return NoHandle(handle);
        await upload.Gate.WaitAsync(stop);
        try
        {
            if (upload.Ended)
                return NoHandle(handle);
            upload.At = time.GetUtcNow();
            var fault = await upload.Draft.Append(block, CancellationToken.None);
            return fault == TreeFault.None ? null : DbfsFaults.Explain(fault, upload.Path);
        }
        finally
        {
            upload.Gate.Release();
        }
    }

    /// <summary>Gives the file its place. The handle is gone afterwards, whatever came of it.</summary>
    public async Task<Problem?> Close(long userId, long handle, CancellationToken stop)
    {
        if (Find(userId, handle) is not { } upload)
            return NoHandle(handle);
        await upload.Gate.WaitAsync(stop);
        try
        {
            if (upload.Ended)
                return NoHandle(handle);
            _open.TryRemove(handle, out _);
            var fault = upload.Draft.Keep(upload.Path.Parts, upload.Overwrite, DbfsApi.FileMode);
            upload.End();
            return fault == TreeFault.None ? null : DbfsFaults.Explain(fault, upload.Path);
        }
        finally
        {
            upload.Gate.Release();
        }
    }

    private void EndIdle()
    {
        foreach (var (handle, upload) in _open)
        {
            if (time.GetUtcNow() - upload.At < Patience || !upload.Gate.Wait(0))
                continue;
            _open.TryRemove(handle, out _);
            upload.End();
            upload.Gate.Release();
        }
    }

    private Upload? Find(long userId, long handle) => _open.TryGetValue(handle, out var upload) && upload.UserId == userId ? upload : null;

    private static Problem NoHandle(long handle) =>
        Problem.Missing($"Handle {handle} does not exist: it was closed, had no new block for {Patience.TotalMinutes:0} minutes, or is another user's. Begin again with dbfs/create.");

    private sealed record Upload(long UserId, DbfsPath Path, bool Overwrite, StoreDraft Draft)
    {
        /// <summary>One block at a time.</summary>
        public SemaphoreSlim Gate { get; } = new(1);

        public DateTimeOffset At { get; set; }

        public bool Ended { get; private set; }

        public void End()
        {
            Ended = true;
            Draft.Dispose();
        }
    }
}
