// How udp_socket.cpp makes each kind of socket. The descriptor is bound, not blocking, and given away.
#pragma once

#include "io/udp_socket.h"

namespace weir::io {

#ifdef __linux__
std::unique_ptr<UdpSocket> make_linux_socket(int fd, const Address& local, bool segmentation);
/// What has to be set before binding. False: errno says why not.
bool prepare_linux_socket(int fd, bool v6);
#endif
std::unique_ptr<UdpSocket> make_portable_socket(int fd, const Address& local);

}  // namespace weir::io
