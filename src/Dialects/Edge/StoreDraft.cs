using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace Switchyard.Dialects.Edge;

/// <summary>A file on its way into the store: nobody sees it before it is kept, and what is not kept is gone.</summary>
public sealed class StoreDraft : IDisposable
{
    private const int Block = 128 * 1024;

    private readonly StoreFiles _files;
    private readonly TreeDirectory _work;
    private readonly string _name;
    private readonly SafeFileHandle _file;
    private bool _kept;

    internal StoreDraft(StoreFiles files, TreeDirectory work, string name, SafeFileHandle file) => (_files, _work, _name, _file) = (files, work, name, file);

    /// <summary>Bytes there are so far.</summary>
    public long Length { get; private set; }

    /// <summary>Adds all that a stream gives. Only what the disk says is a fault: a body that breaks off is told to the caller as it is.</summary>
    public async Task<TreeFault> Append(Stream content, CancellationToken stop)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Block);
        try
        {
            for (int read; (read = await content.ReadAsync(buffer, stop)) > 0;)
            {
                if (await Append(buffer.AsMemory(0, read), stop) is var fault && fault != TreeFault.None)
                    return fault;
            }

            return TreeFault.None;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Adds bytes.</summary>
    public async Task<TreeFault> Append(ReadOnlyMemory<byte> content, CancellationToken stop)
    {
        try
        {
            await RandomAccess.WriteAsync(_file, content, Length, stop);
        }
        catch (IOException error)
        {
            return TreeDirectory.Fault(error.HResult & 0xffff);
        }

        Length += content.Length;
        return TreeFault.None;
    }

    /// <summary>Flushes the file and gives it its place; the directories above are made.</summary>
    public TreeFault Keep(IReadOnlyList<string> place, bool overwrite, int mode)
    {
        try
        {
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(_file, (UnixFileMode)(mode & 0x1FF) | UnixFileMode.UserRead | UnixFileMode.UserWrite);
            RandomAccess.FlushToDisk(_file);
        }
        catch (IOException error)
        {
            return TreeDirectory.Fault(error.HResult & 0xffff);
        }

        var fault = _files.Settle(_work, _name, place, overwrite);
        _kept = fault == TreeFault.None;
        return fault;
    }

    public void Dispose()
    {
        _file.Dispose();
        if (!_kept)
            _work.Remove(_name, false);
        _work.Dispose();
    }
}
